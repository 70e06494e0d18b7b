"""`csms` as a user starts it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).parents[2]
CSMS = [sys.executable, "-c", "from app.cli import main; main()"]
PATIENCE = 60


def environment(**settings: Any) -> dict[str, str]:
    """Nothing of ours, and these settings: `database_url` is CSMS_DATABASE_URL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CSMS_", "PG"))}
    given = {f"CSMS_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | given | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}


def csms(folder: Path, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*CSMS, *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )


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
