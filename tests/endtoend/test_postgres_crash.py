"""The embedded PostgreSQL dies under load: stations wait for their answers, and the server brings it back by itself."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.endtoend.ledger import STATIONS, Ledger, busy, compared, loaded
from tests.endtoend.server import Server

KILLS = 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the processes of PostgreSQL in /proc")


def postmaster(server: Server) -> list[str]:
    """The lines of its pid file: process id first, the folder of its socket fifth."""
    return (server.folder / "data" / "postgres" / "postmaster.pid").read_text().splitlines()


def kill_postgres(server: Server) -> int:
    """SIGKILL for the postmaster and all its children, as if the machine had stopped; returns how many they were."""
    pid = int(postmaster(server)[0])
    os.kill(pid, signal.SIGSTOP)  # or it could make more children meanwhile
    family = [pid, *children_of(pid)]
    for process in family:
        os.kill(process, signal.SIGKILL)
    return len(family)


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_nothing_is_acknowledged_in_vain_and_the_server_gets_going_again(tmp_path: Path, dice: random.Random) -> None:
    server = Server(tmp_path, None, unknown_stations="accept")
    ledger, away, processes = tmp_path / "ledger", [], 0
    try:
        server.start()
        serving = server.process
        with loaded(server, ledger, dice.randrange(10**9)):
            for _ in range(KILLS):
                busy(ledger)
                time.sleep(dice.random())
                processes += kill_postgres(server)
                killed = time.monotonic()
                assert httpx.get(f"{server.http}/health/live", trust_env=False).is_success
                busy(ledger, 100)
                away.append(time.monotonic() - killed)
            busy(ledger)
        assert server.ready()
        dsn = f"postgresql://csms@/csms?host={postmaster(server)[4]}"
        outcome = asyncio.run(compared(Ledger.read(ledger), dsn))
        assert server.process is serving
    finally:
        ended = server.stop()  # not killed, or PostgreSQL would stay
    print(f"{STATIONS} stations, PostgreSQL killed {KILLS} times with all its {processes} processes, away for at most")
    print(f"{max(away):.1f} s: {outcome}")
    assert ended == 0
    assert outcome.sound, outcome
    assert outcome.acknowledged > 1000
    assert outcome.retries <= STATIONS / 100 * KILLS, "connections did not outlast the database"
