"""Servers and loads as processes of their own, and the CPU time each of them takes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class Csms:
    """`csms serve` with the embedded PostgreSQL in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ocpp_port, self.http_port = free_port(), free_port()
        self.process = python(
            "-c",
            "from app.cli import main; main()",
            "serve",
            CSMS_DATA_DIR=str(folder),
            CSMS_OCPP_PORT=str(self.ocpp_port),
            CSMS_HTTP_PORT=str(self.http_port),
            CSMS_UNKNOWN_STATIONS="accept",
            CSMS_API_AUTH="off",
            CSMS_LOG_LEVEL="ERROR",
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"{self.http}/health/ready", timeout=1) as answer:  # noqa: S310
                if answer.status == 200:
                    return
            if self.process.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        raise RuntimeError("the server does not get ready")

    def until_read_models_have_all(self) -> float:
        """Seconds until every event is in every read model, so that their work is counted too."""
        started = time.perf_counter()
        while any(self._lags()):
            time.sleep(0.1)
        return time.perf_counter() - started

    def _lags(self) -> list[float]:
        with urllib.request.urlopen(f"{self.http}/metrics") as answer:  # noqa: S310
            lines = answer.read().decode().splitlines()
        return [float(line.split()[-1]) for line in lines if line.startswith("csms_read_model_lag_events{")]

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ocpp(self) -> str:
        return f"ws://127.0.0.1:{self.ocpp_port}/ocpp"

    @property
    def dsn(self) -> str:
        return f"postgresql://csms@/csms?host={self.folder / 'postgres'}"

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU so far: the server process, and PostgreSQL with all its backends, past ones included."""
        return cpu_of(psutil.Process(self.process.pid)), sum(cpu_of(p) for p in self._postgres())

    def _postgres(self) -> list[psutil.Process]:
        postmaster = psutil.Process(int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0]))
        return [postmaster, *postmaster.children()]

    def rss(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def cpu_of(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


@contextmanager
def csms(folder: Path) -> Iterator[Csms]:
    server = Csms(folder)
    try:
        yield server
    finally:
        server.stop()


class Load:
    """A process with stations that waits at the start until it is told to go."""

    def __init__(self, *arguments: str) -> None:
        self._process = python("-m", *arguments)
        line = self._read()
        if line != "BEGIN":
            raise RuntimeError(f"the load did not start: {line}")

    def go(self) -> None:
        assert self._process.stdin is not None  # opened as a pipe
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def result(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._read())
        self._process.wait(30)
        return answer

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
