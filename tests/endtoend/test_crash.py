"""The server dies again and again under load; whatever it had acknowledged is in the journal, once.

`kill -9` spares the kernel's page cache and the database: of power cuts this says nothing. The ledger of what was sent
and what was answered is written by the stations' own process.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.endtoend.ledger import HERE, STATIONS, Ledger, Outcome, busy, compared, loaded
from tests.endtoend.server import Server

KILLS = 10


def survived(server: Server, ledger: Path, dsn: str, dice: random.Random, kills: int) -> Outcome:
    """Kill the server so often, at random moments in the midst of load, and see what is left."""
    with loaded(server, ledger, dice.randrange(10**9)):
        for _ in range(kills):
            busy(ledger)
            time.sleep(dice.random() * 1.2)
            server.kill()
            server.start()
        busy(ledger)
    assert server.stop() == 0
    return asyncio.run(compared(Ledger.read(ledger), dsn))


def test_what_was_acknowledged_survives_the_server(dsn: str, tmp_path: Path, dice: random.Random) -> None:
    server = Server(tmp_path, dsn, unknown_stations="accept")
    try:
        server.start()
        outcome = survived(server, tmp_path / "ledger", dsn, dice, KILLS)
    finally:
        server.kill()
    print(f"{STATIONS} stations, {KILLS} kills: {outcome}")
    assert outcome.sound, outcome
    assert outcome.acknowledged > 1000
    assert outcome.retries >= KILLS


def test_control_a_server_that_answers_before_the_commit_is_caught(
    new_dsn: Callable[[], str], tmp_path: Path, dice: random.Random
) -> None:
    for kills in (0, 1, 1, 1, 1):
        dsn, folder = new_dsn(), Path(tempfile.mkdtemp(dir=tmp_path))
        server = Server(folder, dsn, [sys.executable, "-P", str(HERE / "hasty.py")], unknown_stations="accept")
        try:
            server.start()
            outcome = survived(server, folder / "ledger", dsn, dice, kills)
        finally:
            server.kill()
        print(f"answering before the commit, {kills} kills: {outcome}")
        assert outcome.sound or kills, "it is not the kill that loses them"
        if outcome.lost:
            return
    raise AssertionError("these tests do not notice that acknowledged messages are lost")
