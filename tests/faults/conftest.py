from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import migrate
from app.embedded_postgres import EmbeddedPostgres


class OwnServer:
    """A PostgreSQL that the test may mistreat."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder)
        self.dsn = self._server.start()

    def kill(self) -> None:
        """SIGKILL for the postmaster and its children, as if the machine had stopped; returns when all are gone."""
        pid = int((self._folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        family = [pid, *(child for child in _processes() if _parent(child) == pid)]
        for process in family:
            os.kill(process, signal.SIGKILL)
        while any(_parent(process) is not None for process in family):
            time.sleep(0.01)

    async def revive(self) -> None:
        await asyncio.to_thread(self._server.ensure_running)

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture(scope="session")
def own_server() -> Iterator[OwnServer]:
    with tempfile.TemporaryDirectory(prefix="csms-faults-") as folder:
        server = OwnServer(Path(folder))
        migrate(server.dsn)
        yield server
        server.stop()


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _parent(pid: int) -> int | None:
    """None if the process is no more."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(parent)
