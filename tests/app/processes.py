"""`csms` as a user starts it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from app.cli import main

REPOSITORY = Path(__file__).parents[2]
CSMS = [sys.executable, "-c", "from app.cli import main; main()"]
PATIENCE = 60


def environment(**settings: Any) -> dict[str, str]:
    """Nothing of ours, and these settings: `database_url` is CSMS_DATABASE_URL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CSMS_", "PG"))}
    given = {f"CSMS_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | given | {"PYTHONPATH": str(REPOSITORY)}


_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["app.cli", "app.transfer", "app.replay"])


def csms(folder: Path, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a process that has the imports (over a second) behind it."""
    out, err = folder / "stdout", folder / "stderr"
    process = _forks.Process(target=_become_csms, args=(folder, arguments, environment(**settings), out, err))
    process.start()
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"csms {' '.join(arguments)}: {err.read_text()}")
    return subprocess.CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _become_csms(folder: Path, arguments: Sequence[str], variables: dict[str, str], out: Path, err: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for descriptor, path in ((0, Path(os.devnull)), (1, out), (2, err)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = ["csms", *arguments]
    try:
        main()
    except SystemExit as ending:
        code = ending.code
    except BaseException:
        traceback.print_exc()
        code = 1
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line in which a command says why it failed."""
    assert done.returncode != 0, done.stdout
    [line] = done.stderr.splitlines()
    assert line.startswith("csms: ")
    return line


class Process:
    """A command that goes on until it is told to end."""

    def __init__(self, folder: Path, *arguments: str, **settings: Any) -> None:
        self._log = folder / f"{'-'.join(arguments)}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*CSMS, *arguments],
                cwd=folder,
                env=environment(**settings),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    async def says(self, text: str) -> None:
        """Wait until it has said something."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.said:
            assert self.process.poll() is None, self.said[-3000:]
            assert time.monotonic() < deadline, self.said[-3000:]
            await asyncio.sleep(0.02)

    async def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; returns the exit code and how many seconds it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        code = await asyncio.to_thread(self.process.wait, PATIENCE)
        return code, time.monotonic() - started

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def is_ready(port: int) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
    except httpx.TransportError:
        return False
