"""Rebuilding says the same as before, while everything goes on; and a read model that does not is found out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.replay import audit, differences
from domain.events import StationDay
from projections.all import READ_MODELS
from projections.availability import availability
from projections.billing import billing
from projections.history import history
from projections.model import ReadModel, Rows
from projections.rebuild import RebuildFailed, built_beside, rebuild
from projections.runner import Runner
from projections.sessions import sessions
from tests.projections.busy_day import busy_day
from tests.projections.shelf import Shelf, until
from tests.projections.tally import count, tally

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def quietly(done: int, of: int) -> None:
    pass


@pytest.fixture
async def day(shelf: Shelf) -> int:
    """A recorded day, shown; returns the position of its end."""
    position = await shelf.record(busy_day())
    await shelf.show(batch=50)
    return position


async def test_a_rebuild_gives_the_same_tables_byte_for_byte(shelf: Shelf, day: int) -> None:
    before = await shelf.contents()
    for model in READ_MODELS:
        taken = await rebuild(shelf.journal, shelf.pool, model, quietly)
        assert taken == len(busy_day())
    assert await shelf.contents() == before
    assert {await shelf.position(model) for model in READ_MODELS} == {day}


async def test_a_rebuild_tells_how_far_it_is(shelf: Shelf, day: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.rebuild._BATCH", 100)
    told: list[tuple[int, int]] = []
    await rebuild(shelf.journal, shelf.pool, sessions, lambda done, of: told.append((done, of)))
    total = len(busy_day())
    assert [done for done, _ in told] == [*range(100, total, 100), total]
    assert {of for _, of in told} == {total}


async def test_after_a_rebuild_nothing_is_left_beside(shelf: Shelf, day: int) -> None:
    await rebuild(shelf.journal, shelf.pool, sessions, quietly)
    await _nothing_beside(shelf)


async def _nothing_beside(shelf: Shelf) -> None:
    names = [row[0] for row in await shelf.pool.fetch("SELECT name FROM read_model ORDER BY 1")]
    assert names == sorted(model.schema for model in READ_MODELS)
    schemas = await shelf.pool.fetch("SELECT nspname FROM pg_namespace WHERE nspname ~ '_v[0-9]+_'")
    assert schemas == []


@pytest.mark.parametrize("broken_off", [1, 2])
async def test_an_interrupted_rebuild_leaves_nothing_in_the_way(shelf: Shelf, day: int, broken_off: int) -> None:
    before = await shelf.contents()
    progressed = asyncio.Event()
    task = asyncio.create_task(rebuild(shelf.journal, shelf.pool, billing, lambda done, of: progressed.set()))
    if broken_off == 2:
        await progressed.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await shelf.contents() == before
    await rebuild(shelf.journal, shelf.pool, billing, quietly)
    assert await shelf.contents() == before
    await _nothing_beside(shelf)


async def test_what_a_killed_rebuild_left_behind_is_thrown_away_by_the_next(shelf: Shelf, day: int) -> None:
    before = await shelf.contents()
    for schema in (f"{billing.schema}_{beside}" for beside in ("new", "old", "audit")):
        await shelf.pool.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.cdr (x int)")
        await shelf.pool.execute("INSERT INTO read_model VALUES ($1, 0, 5)", schema)
        await shelf.pool.execute("INSERT INTO parked_event VALUES ($1, 's', 1, 'e')", schema)
    assert await differences(shelf.journal, shelf.pool, billing) == []
    await rebuild(shelf.journal, shelf.pool, billing, quietly)
    assert await shelf.contents() == before
    assert await shelf.pool.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'billing%'") == 1


async def test_two_rebuilds_of_one_read_model_do_not_meet(shelf: Shelf, day: int) -> None:
    async with built_beside(shelf.pool, billing, "new"):
        with pytest.raises(RebuildFailed, match="somebody else"):
            await rebuild(shelf.journal, shelf.pool, billing, quietly)
        await rebuild(shelf.journal, shelf.pool, sessions, quietly)
    await rebuild(shelf.journal, shelf.pool, billing, quietly)


async def test_a_read_model_ahead_of_the_journal_is_neither_rebuilt_for_ever_nor_audited_for_ever(
    shelf: Shelf, day: int
) -> None:
    before = await shelf.contents()
    await shelf.pool.execute("DELETE FROM stored_events WHERE notification_id = $1", day)
    async with asyncio.timeout(10):
        with pytest.raises(RebuildFailed, match="the journal ends"):
            await rebuild(shelf.journal, shelf.pool, billing, quietly)
        [found] = await differences(shelf.journal, shelf.pool, billing)
    assert "the journal ends" in found
    assert await shelf.contents() == before


class Writers:
    """Stations that go on saying something until they are stopped."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._stop = asyncio.Event()
        self.position = 0

    async def run(self, name: str) -> None:
        day = StationDay.open(name, None, NOON)
        while not self._stop.is_set():
            day.receive("Heartbeat", NOON)
            position = await self._shelf.given(day)
            self.position = max(self.position, position)

    def stop(self) -> None:
        self._stop.set()


class Asker:
    """Asks the read models all the time; an answer must never be missing, nor less than before."""

    def __init__(self, pool: asyncpg.Pool, stations: int) -> None:
        self._pool = pool
        self._stations = stations
        self.answers = 0
        self.events = 0
        self.longest = 0.0

    async def run(self) -> None:
        query = (
            f"SELECT (SELECT count(*) FROM {availability.schema}.station),"
            f" (SELECT count(*) FROM {history.schema}.event)"
        )
        while True:
            started = time.perf_counter()
            stations, events = await self._pool.fetchrow(query)  # type: ignore[misc]
            self.longest = max(self.longest, time.perf_counter() - started)
            assert stations >= self._stations
            assert events >= self.events
            self.answers, self.events = self.answers + 1, events


@pytest.fixture
async def live(shelf: Shelf, day: int) -> AsyncIterator[tuple[Writers, Asker]]:
    """Stations that write, a runner that shows it, and somebody who asks."""
    writers, asker = Writers(shelf), Asker(shelf.pool, len(await shelf.rows(availability, "station")))
    runner = asyncio.create_task(Runner(shelf.journal, shelf.pool, READ_MODELS, linger=0.001).run())
    asking = asyncio.create_task(asker.run())
    writing = [asyncio.create_task(writers.run(f"live{n}")) for n in range(3)]
    yield writers, asker
    writers.stop()
    await asyncio.gather(*writing)
    for task in (runner, asking):
        task.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    with pytest.raises(asyncio.CancelledError):  # and no error of its own
        await asking


async def test_read_models_are_rebuilt_while_stations_talk_and_people_ask(
    shelf: Shelf, live: tuple[Writers, Asker]
) -> None:
    writers, asker = live
    for model in READ_MODELS:
        asked, events = asker.answers, asker.events
        await rebuild(shelf.journal, shelf.pool, model, quietly)
        assert asker.answers > asked
        await until(lambda events=events: _grown(asker, events))  # type: ignore[misc]
    writers.stop()
    await until(lambda: _all_at(shelf, writers.position))
    assert asker.longest < 2
    shown = await shelf.contents()
    for model in READ_MODELS:
        assert await differences(shelf.journal, shelf.pool, model) == []
        await rebuild(shelf.journal, shelf.pool, model, quietly)
    assert await shelf.contents() == shown


async def _grown(asker: Asker, events: int) -> bool:
    return asker.events > events


async def _all_at(shelf: Shelf, position: int) -> bool:
    return {await shelf.position(model) for model in READ_MODELS} == {position}


# What the comparison must find


def at_the_wall_clock(rows: Rows, event: StationDay.MessageReceived) -> None:
    """The mutant that asks the time instead of the event."""
    count(rows, event)
    row = rows.get(table_of(rows), event.originator_id)
    rows.put(table_of(rows), type(row)(row.stream, row.events, str(time.time_ns())))


def table_of(rows: Rows) -> Any:
    return tally().tables[0]


class CountsBatches(ReadModel):
    """The mutant whose rows depend on where batches end."""

    async def write(self, connection: Any, schema: str, rows: Rows, first: int, last: int) -> None:
        await super().write(connection, schema, rows, first, last)
        await connection.execute(f"UPDATE {schema}.tally SET versions = versions || '|'")


class Forgetful(ReadModel):
    """The mutant that knows only what it has in memory."""

    async def load(self, connection: Any, schema: str, rows: Rows, events: Any) -> None:
        pass


MUTANTS = {
    "wall clock": tally(handlers={StationDay.MessageReceived: at_the_wall_clock}),
    "batches": tally(kind=CountsBatches),
    "memory": tally(kind=Forgetful),
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
async def test_a_read_model_that_depends_on_more_than_its_events_is_found_out(shelf: Shelf, mutant: ReadModel) -> None:
    events = busy_day()
    for half in (events[:100], events[100:]):
        await shelf.record(half)
        await shelf.show(mutant, batch=50)
    shown = await shelf.contents(mutant)
    assert await differences(shelf.journal, shelf.pool, mutant) != []
    await rebuild(shelf.journal, shelf.pool, mutant, quietly)
    assert await shelf.contents(mutant) != shown


async def test_the_same_read_model_without_a_flaw_is_not(shelf: Shelf) -> None:
    events = busy_day()
    for half in (events[:100], events[100:]):
        await shelf.record(half)
        await shelf.show(tally(), batch=50)
    shown = await shelf.contents(tally())
    assert await differences(shelf.journal, shelf.pool, tally()) == []
    await rebuild(shelf.journal, shelf.pool, tally(), quietly)
    assert await shelf.contents(tally()) == shown


# Audit


async def test_the_audit_of_a_sound_database_finds_nothing(shelf: Shelf, day: int) -> None:
    found = [(name, problems) async for name, problems in audit(shelf.journal, shelf.pool)]
    assert len(found) >= 4 + len(READ_MODELS)
    assert [name for name, problems in found if problems] == []


BY_HAND = {
    "a changed row": "UPDATE billing_v3.cdr SET energy_wh = 0 WHERE id = (SELECT max(id) FROM billing_v3.cdr)",
    "a missing row": "DELETE FROM billing_v3.cdr WHERE id = (SELECT min(id) FROM billing_v3.cdr)",
    "an added row": "INSERT INTO billing_v3.tariff VALUES ('mine', 1, 'EUR', NULL, '[]', now())",
}


@pytest.mark.parametrize("change", BY_HAND.values(), ids=list(BY_HAND))
async def test_what_was_changed_by_hand_is_found_and_put_right(shelf: Shelf, day: int, change: str) -> None:
    before = await shelf.contents()
    await shelf.pool.execute(change)
    assert await differences(shelf.journal, shelf.pool, sessions) == []
    [found] = await differences(shelf.journal, shelf.pool, billing)
    assert "billing_v3." in found
    assert "csms rebuild billing" in found
    await rebuild(shelf.journal, shelf.pool, billing, quietly)
    assert await shelf.contents() == before


IN_THE_JOURNAL = {
    "streams have no gaps": "DELETE FROM stored_events WHERE originator_version = 2 AND topic = 'day.connected'",
    "every event can be read": "UPDATE stored_events SET topic = 'day.no-such' WHERE originator_version = 2",
    "positions follow versions": (
        "UPDATE stored_events SET notification_id = -notification_id WHERE topic = 'transaction.metered'"
    ),
}


@pytest.mark.parametrize("check", IN_THE_JOURNAL)
async def test_what_was_changed_in_the_journal_is_found(shelf: Shelf, day: int, check: str) -> None:
    await shelf.pool.execute(IN_THE_JOURNAL[check])
    found = {name: problems async for name, problems in audit(shelf.journal, shelf.pool)}
    assert found[check] != []


async def test_a_parked_event_is_no_sound_state(shelf: Shelf, day: int) -> None:
    await shelf.pool.execute("INSERT INTO parked_event VALUES ('sessions_v3', 'transaction:x', 1, 'bad')")
    found = {name: problems async for name, problems in audit(shelf.journal, shelf.pool)}
    assert found["no event is set aside"] == ["sessions_v3: transaction:x: bad"]
