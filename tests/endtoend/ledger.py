"""What stations say has happened, beside what the journal says."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.endtoend.server import Server

HERE = Path(__file__).parent
STATIONS = 100


@dataclass
class Ledger:
    """What the stations say has happened."""

    frames: dict[str, str] = field(default_factory=dict)
    about: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Message id to the station and what it said: retries are about the same."""
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Message id to kind and payload of the answer that was read."""

    @classmethod
    def read(cls, path: Path) -> Ledger:
        ledger = cls()
        for line in path.read_text().splitlines():
            kind, message_id, *rest = line.split("\t")
            if kind == "S":
                ledger.about[message_id] = message_id.partition("-")[0], rest[0]
                ledger.frames[message_id] = rest[1]
            else:
                ledger.answers[message_id] = rest[0], rest[1]
        return ledger


@dataclass
class Outcome:
    """How ledger and journal compare. What must be zero comes first."""

    lost: int
    """Acknowledged, but not in the journal."""
    doubled: int
    """In the journal more than once, word for word."""
    phantoms: int
    """In the journal, but never sent."""
    facts_lost: int
    """Of transactions, however often they were said."""
    facts_doubled: int
    second_starts: int
    wrong_numbers: int
    """1.6: starts that were answered different numbers, or shared one."""
    refused: int
    sent: int
    acknowledged: int
    facts: int
    retries: int
    stored_unacknowledged: int
    """The answer was on its way, or the server died before it: the station cannot know."""

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in vars(self).items())

    @property
    def sound(self) -> bool:
        return not any(list(vars(self).values())[:8])


async def compared(ledger: Ledger, dsn: str) -> Outcome:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT topic, convert_from(request, 'UTF8') FROM stored_events WHERE request <> ''")
    starts = await connection.fetchval("SELECT count(*) FROM stored_events WHERE topic = 'transaction.started'")
    await connection.close()
    frames = ledger.frames
    stored = Counter(request for _, request in rows if not request.startswith("GET "))
    facts = Counter(request for topic, request in rows if topic.startswith("transaction."))
    said: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for message_id, about in ledger.about.items():
        said[about].append(message_id)
    of_transactions = {a: ids for a, ids in said.items() if a[1].split()[-1] not in ("boot", "heartbeat")}
    recorded = {about: sum(facts[frames[i]] for i in ids) for about, ids in of_transactions.items()}
    return Outcome(
        lost=sum(stored[frames[i]] == 0 for i in ledger.answers),
        doubled=sum(count > 1 for count in stored.values()),
        phantoms=len(stored.keys() - set(frames.values())),
        facts_lost=sum(
            recorded[about] == 0 and any(i in ledger.answers for i in ids) for about, ids in of_transactions.items()
        ),
        facts_doubled=sum(count > 1 for count in recorded.values()),
        second_starts=starts - sum(bool(count) for (_, what), count in recorded.items() if " start" in what),
        wrong_numbers=_wrong_numbers(ledger, said),
        refused=sum(kind != "3" for kind, _ in ledger.answers.values()),
        sent=len(frames),
        acknowledged=len(ledger.answers),
        facts=sum(bool(count) for count in recorded.values()),
        retries=sum(len(ids) - 1 for ids in said.values()),
        stored_unacknowledged=sum(bool(stored[frames[i]]) for i in frames.keys() - ledger.answers.keys()),
    )


def _wrong_numbers(ledger: Ledger, said: dict[tuple[str, str], list[str]]) -> int:
    starts = [
        {ledger.answers[i][1] for i in ids if i in ledger.answers}
        for (station, what), ids in said.items()
        if station.startswith("A") and what.endswith("start")
    ]
    shared = Counter(number for numbers in starts for number in numbers)
    return sum(len(numbers) > 1 for numbers in starts) + sum(count > 1 for count in shared.values())


@contextmanager
def loaded(server: Server, ledger: Path, seed: int) -> Iterator[None]:
    """Stations at work, until the context ends and what they have in hand is answered."""
    command = [sys.executable, "-P", str(HERE / "load.py"), server.ocpp, str(ledger), str(STATIONS), str(seed)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        yield
        process.stdin.close()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def busy(ledger: Path, lines: int = 600) -> None:
    """Wait until the stations get on."""
    size = ledger.stat().st_size if ledger.exists() else 0
    deadline = time.monotonic() + 30
    while not ledger.exists() or ledger.stat().st_size < size + lines * 100:
        assert time.monotonic() < deadline, "the stations do not get on"
        time.sleep(0.005)
