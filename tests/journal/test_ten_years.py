"""A station that has been running for ten years is loaded like one of yesterday: by its own stream and its last day."""

from __future__ import annotations

import time
from datetime import timedelta

import asyncpg
import pytest

from app.journal import EventMapper, PostgresJournal, postgres
from domain.aggregate import Aggregate, DomainEvent
from domain.events import Command, Station, StationDay, Transaction
from domain.journal import START, load
from domain.station_day import ConnectorStatus, TransactionRef
from domain.streams import DAY, TRANSACTION, within
from domain.values import Evse
from tests.journal.samples import AT

DAYS = 3_650
STATION = "CS/ten years"


@pytest.fixture
async def ten_years(pool: asyncpg.Pool) -> None:
    station = Station.blank(Station.stream(STATION))
    station.register(security_profile=1, credential="fingerprint", at=AT)
    events = _collected(station)
    day = None
    for n in range(DAYS):
        at = AT - timedelta(days=DAYS - n)
        day = StationDay.open(STATION, day, at)
        transaction = Transaction.blank(Transaction.stream(STATION, f"{n}", at))
        transaction.start(at, occurred_at=at)
        transaction.end(at, occurred_at=at)
        day.open_transaction(TransactionRef(f"{n}", transaction.id, Evse(1, 1)), at)
        day.close_transaction(f"{n}", at)
        for connector in (1, 2):
            day.report_status(ConnectorStatus(connector, 1, "Available"), at, at)
        for hour in range(4):
            day.receive("Heartbeat", at + timedelta(hours=hour))
        events += _collected(day) + _collected(transaction)
    await _copy(pool, events)
    # Its neighbours: a thousand stations of the last days, and the names next to its own.
    for name in [*(f"CS{n}" for n in range(1000)), "CS/ten", "CS/ten years0", "CS/ten year"]:
        events = []
        for n in range(5):
            day = StationDay.open(name, None, AT - timedelta(days=n))
            day.receive("Heartbeat", AT)
            events += _collected(day)
        await _copy(pool, events)


def _collected(aggregate: Aggregate) -> list[DomainEvent]:
    return list(aggregate.collect_events())  # type: ignore[arg-type]


async def _copy(pool: asyncpg.Pool, events: list[DomainEvent]) -> None:
    last = await pool.fetchval("SELECT coalesce(max(notification_id), 0) FROM stored_events")
    await pool.copy_records_to_table(
        "stored_events",
        records=[
            (e.originator_id, e.originator_version, e.TOPIC, EventMapper.state_of(e), last + n)
            for n, e in enumerate(events, 1)
        ],
        columns=("originator_id", "originator_version", "topic", "state", "notification_id"),
    )


@pytest.mark.usefixtures("ten_years")
async def test_loading_takes_milliseconds_however_long_it_has_been_there(
    journal: PostgresJournal, pool: asyncpg.Pool
) -> None:
    for state in ("never analysed", "analysed"):
        times = []
        for _ in range(5):
            started = time.perf_counter()
            station = await load(journal, Station, Station.stream(STATION))
            stream = await journal.latest_stream(DAY, within(STATION))
            assert stream is not None
            day = await load(journal, StationDay, stream)
            times.append((time.perf_counter() - started) * 1000)
        assert station.exists
        assert day.id == StationDay.stream(STATION, (AT - timedelta(days=1)).date())
        assert len(day.transactions) == 40
        started = time.perf_counter()
        latest = await journal.streams_of(TRANSACTION, STATION, 20)
        listed = (time.perf_counter() - started) * 1000
        assert len(latest) == 20
        print(f"\n{state}: loaded in {', '.join(f'{t:.1f}' for t in times)} ms; last 20 of {DAYS} in {listed:.1f} ms")
        assert min(times) < 50
        await pool.execute("VACUUM ANALYZE stored_events")


@pytest.mark.usefixtures("ten_years")
async def test_every_question_is_answered_from_an_index(journal: PostgresJournal, pool: asyncpg.Pool) -> None:
    await pool.execute("ANALYZE stored_events")
    assert await journal.streams_of(Command.stream("x", "y", AT).partition(":")[0], STATION, 5) == []
    questions = {
        postgres._STREAM: (StationDay.stream(STATION, AT.date()), 0),
        postgres._BY_NAME + " = $2 ORDER BY 1 DESC LIMIT 1": (DAY, within(STATION)),
        postgres._READ: (START, 1000),
        postgres._READ_TOPICS: (START, 1000, ["day.opened"]),
    }
    for question, arguments in questions.items():
        plan = "\n".join(row[0] for row in await pool.fetch("EXPLAIN " + question, *arguments))
        assert "Index" in plan
        assert "Seq Scan on stored_events" not in plan
