"""The server as an operator runs it: a process of its own that knows nothing of these tests but its environment."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).parents[2]
KEY = "the key of these tests"
PATIENCE = 60
"""Seconds until a start or a stop counts as failed; a busy machine takes a few."""


def csms() -> list[str]:
    """What starts `csms` here: the installed script, else the same from the checkout."""
    script = Path(sys.executable).with_name("csms")
    return [str(script)] if script.exists() else [sys.executable, "-c", "from app.cli import main; main()"]


class Server:
    """`csms serve` with a data folder and ports of its own, which stay the same over restarts."""

    def __init__(
        self, folder: Path, dsn: str | None, command: Sequence[str] | None = None, **settings: str | None
    ) -> None:
        self.folder = folder
        self.command = [*(command or csms()), "serve"]
        self.http_port, self.ocpp_port = free_port(), free_port()
        self.http, self.ocpp = f"http://127.0.0.1:{self.http_port}", f"ws://127.0.0.1:{self.ocpp_port}/ocpp"
        self.process: subprocess.Popen[bytes] | None = None
        chosen = {
            "database_url": dsn,
            "data_dir": str(folder / "data"),
            "http_port": str(self.http_port),
            "ocpp_port": str(self.ocpp_port),
            "api_key": KEY,
            **settings,
        }
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("CSMS_", "PG"))}
        self.environment |= {f"CSMS_{name.upper()}": value for name, value in chosen.items() if value is not None}
        self.environment["PYTHONPATH"] = str(REPOSITORY)

    @property
    def log(self) -> str:
        """All that the server has said since its first start."""
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Returns when the server says that it is ready."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}: {self.log[-3000:]}"
            assert time.monotonic() < deadline, f"the server does not get ready: {self.log[-3000:]}"
            time.sleep(0.02)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.http}/health/ready", timeout=5, verify=False, trust_env=False).is_success  # noqa: S501
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """As Ctrl-C does; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """As if the process had never been: no clean-up of any kind."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def restart(self, *, gracefully: bool) -> None:
        if gracefully:
            assert self.stop() == 0
        else:
            self.kill()
        self.start()


def free_port() -> int:
    """One below those that the kernel gives to clients, or a station dialling a dead server could occupy its port."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
