"""Rows and position move together, once, whatever the size of a batch and whoever dies in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import asyncpg
import pytest

from app.database import connect
from app.journal import PostgresJournal
from domain.events import StationDay
from domain.streams import parse
from projections.all import READ_MODELS
from projections.model import ReadModel, Rows
from projections.runner import Runner, RunnerCounters, open_track
from tests.projections.busy_day import busy_day
from tests.projections.shelf import Contents, Shelf, contents, until
from tests.projections.tally import count, tally

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALL = (*READ_MODELS, tally())


@pytest.fixture
async def other_pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Of another process."""
    pool = await connect(dsn)
    yield pool
    await pool.close()


@pytest.fixture
async def day(shelf: Shelf) -> int:
    """A recorded day; returns the position of its end."""
    return await shelf.record(busy_day())


def heartbeats(count: int, name: str = "CS1") -> StationDay:
    day = StationDay.open(name, None, NOON)
    for _ in range(count):
        day.receive("Heartbeat", NOON)
    return day


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_size_of_a_batch_makes_no_difference(shelf: Shelf, seed: int) -> None:
    await shelf.record(busy_day(seed))
    shown: dict[int, Contents] = {}
    for batch in (1, 3, 1000):
        await shelf.show(*ALL, batch=batch)
        shown[batch] = await shelf.contents(*ALL)
        await shelf.forget(*ALL)
    assert shown[1] == shown[3] == shown[1000]
    assert all(shown[1].values()), "every table has something to compare"


async def test_rows_dropped_from_memory_are_found_again(
    shelf: Shelf, day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.show(*ALL)
    expected = await shelf.contents(*ALL)
    await shelf.forget(*ALL)
    monkeypatch.setattr("projections.model._MOST_CACHED", 2)
    await shelf.show(*ALL, batch=5)
    assert await shelf.contents(*ALL) == expected


async def test_two_runners_at_once_apply_nothing_twice(
    shelf: Shelf, day: int, dsn: str, other_pool: asyncpg.Pool
) -> None:
    await shelf.show(*ALL)
    expected = await shelf.contents(*ALL)
    await shelf.forget(*ALL)
    other_journal = await PostgresJournal.open(dsn, other_pool)
    runners = [
        Runner(shelf.journal, shelf.pool, ALL, batch=7, linger=0),
        Runner(other_journal, other_pool, ALL, batch=11, linger=0),
    ]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    await until(lambda: _all_at(shelf, day))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await other_journal.close()
    assert await shelf.contents(*ALL) == expected
    assert await shelf.pool.fetchval("SELECT count(*) FROM parked_event") == 0


async def _all_at(shelf: Shelf, position: int) -> bool:
    query = "SELECT count(*) = $2 FROM read_model WHERE position = $1"
    return bool(await shelf.pool.fetchval(query, position, len(ALL)))


FAULTS = """
CREATE SEQUENCE fault_points MINVALUE 0 START 0;
CREATE TABLE fault_target (n bigint);
CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('fault_points') = (SELECT n FROM fault_target) THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON read_model DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fault();
CREATE TRIGGER before BEFORE UPDATE ON read_model FOR EACH STATEMENT EXECUTE FUNCTION fault();
"""
ON_TABLE = """
CREATE TRIGGER before BEFORE INSERT OR UPDATE ON {0} FOR EACH STATEMENT EXECUTE FUNCTION fault();
CREATE TRIGGER after AFTER INSERT OR UPDATE ON {0} FOR EACH STATEMENT EXECUTE FUNCTION fault();
"""


async def killed_at_every_statement(shelf: Shelf, models: tuple[ReadModel, ...], batch: int) -> int:
    """Bring the read models up to date while their session is killed before and after each statement of each batch, and
    in each COMMIT. Returns how often it was. Holds rows against position after each kill.
    """
    await Runner(shelf.journal, shelf.pool, models).prepare()
    await shelf.pool.execute(FAULTS)
    for model in models:
        for table in model.tables:
            await shelf.pool.execute(ON_TABLE.format(f"{model.schema}.{table.table.name}"))
    kills = point = 0
    last = -1
    while True:
        position = await shelf.position(models[0])
        point, last = (point + 1 if position == last else 0), position
        await shelf.pool.execute("DELETE FROM fault_target")
        await shelf.pool.execute("INSERT INTO fault_target VALUES ($1)", point)
        await shelf.pool.execute("SELECT setval('fault_points', 0, false)")
        try:
            await shelf.show(*models, batch=batch)
        except (asyncpg.AdminShutdownError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError):
            kills += 1
        else:
            await shelf.pool.execute(
                "DROP FUNCTION fault() CASCADE; DROP SEQUENCE fault_points; DROP TABLE fault_target"
            )
            return kills


async def test_a_kill_between_any_two_statements_leaves_rows_and_position_consistent(shelf: Shelf, day: int) -> None:
    await shelf.show(*ALL)
    expected = await shelf.contents(*ALL)
    await shelf.forget(*ALL)
    kills = await killed_at_every_statement(shelf, ALL, batch=110)
    assert await shelf.contents(*ALL) == expected
    assert kills >= 100


class Leaky(ReadModel):
    """Rows in one transaction, the position in another."""

    pool: asyncpg.Pool

    async def write(self, connection: Any, schema: str, rows: Rows, first: int, last: int) -> None:
        async with self.pool.acquire() as another:
            await super().write(another, schema, rows, first, last)


async def test_kills_find_a_read_model_whose_position_is_stored_apart(shelf: Shelf, day: int) -> None:
    leaky = tally(kind=Leaky)
    leaky.pool = shelf.pool
    await shelf.show(leaky)
    expected = await shelf.contents(leaky)
    await shelf.forget(leaky)
    await killed_at_every_statement(shelf, (leaky,), batch=60)
    assert await shelf.contents(leaky) != expected


async def test_a_commit_whose_confirmation_got_lost_is_not_applied_again(shelf: Shelf, day: int) -> None:
    rng = Random(1)

    def lost(events: int, seconds: float) -> None:
        if rng.random() < 0.5:
            raise ConnectionResetError

    await shelf.show(*ALL)
    expected = await shelf.contents(*ALL)
    await shelf.forget(*ALL)
    runner = Runner(shelf.journal, shelf.pool, ALL, batch=20, counters=RunnerCounters(batch=lost))
    while await shelf.pool.fetchval("SELECT coalesce(min(position), 0) FROM read_model") < day:
        try:
            await runner.catch_up()
        except ConnectionResetError:
            continue
    assert await shelf.contents(*ALL) == expected


async def test_a_runner_goes_on_when_its_sessions_are_killed(shelf: Shelf) -> None:
    await shelf.given(heartbeats(3))
    model = tally()
    task = asyncio.create_task(Runner(shelf.journal, shelf.pool, [model]).run())
    await until(lambda: _counted(shelf, 3))
    await shelf.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await shelf.given(heartbeats(2, "CS2"))
    await until(lambda: _counted(shelf, 5))
    task.cancel()


async def _counted(shelf: Shelf, events: int, schema: str = "tally_v1") -> bool:
    try:
        return bool(await shelf.pool.fetchval(f"SELECT sum(events) = $1 FROM {schema}.tally", events))
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.PostgresConnectionError):
        return False


async def test_a_read_model_added_later_catches_up_beside_the_others(shelf: Shelf, day: int) -> None:
    await shelf.show(*READ_MODELS)
    before = await shelf.contents()
    more = await shelf.given(heartbeats(2, "new"))
    task = asyncio.create_task(Runner(shelf.journal, shelf.pool, ALL, batch=10).run())
    await until(lambda: _all_at(shelf, more))
    task.cancel()
    assert await shelf.contents() != before
    shown = await shelf.contents(*ALL)
    await shelf.forget(*ALL)
    await shelf.show(*ALL)
    assert await shelf.contents(*ALL) == shown


async def test_a_raised_version_is_built_beside_the_one_in_use(shelf: Shelf, day: int) -> None:
    await shelf.show(tally())
    old = await shelf.contents(tally())

    def twice(rows: Rows, event: StationDay.MessageReceived) -> None:
        count(rows, event)
        count(rows, event)

    raised = tally(version=2, handlers={StationDay.MessageReceived: twice})
    await shelf.show(raised)
    assert await shelf.contents(tally()) == old
    events = "SELECT sum(events) FROM {}.tally"
    assert await shelf.pool.fetchval(events.format("tally_v2")) == 2 * await shelf.pool.fetchval(
        events.format("tally_v1")
    )
    more = await shelf.given(heartbeats(1, "new"))
    await shelf.show(tally(), raised)
    assert (await shelf.position(tally()), await shelf.position(raised)) == (more, more)


async def test_a_new_process_goes_on_where_the_last_one_ended(shelf: Shelf) -> None:
    handled: list[str] = []
    model = tally(lambda event: handled.append(event.originator_id))
    await shelf.given(heartbeats(2))
    await shelf.show(model)
    await shelf.given(heartbeats(1, "CS2"))
    await shelf.show(model)
    assert [parse(stream).station_id for stream in handled] == ["CS1", "CS1", "CS2"]


async def test_a_read_model_that_somebody_else_moved_on_is_not_written_over(
    shelf: Shelf, day: int, other_pool: asyncpg.Pool
) -> None:
    model = tally()
    behind = Runner(shelf.journal, shelf.pool, [model], batch=10)
    await behind.prepare()
    await Runner(shelf.journal, other_pool, [model]).catch_up()
    shown = await contents(shelf.pool, [model])
    with pytest.raises(RuntimeError, match="tally_v1"):
        await behind._advance()
    assert await contents(shelf.pool, [model]) == shown
    track = await open_track(shelf.pool, model)
    assert track is not None
    assert track.position == day
