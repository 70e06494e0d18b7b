"""The connection breaks around COMMIT (08007, 40003): the outcome is found out, nothing is lost and nothing doubled."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.journal import PostgresJournal, writer
from domain.journal import START
from tests.faults.proxy import Fate, Proxy
from tests.faults.station_load import Load, lost_and_doubled
from tests.journal.samples import entries

SLOW_COMMIT = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(random() * 0.01) WHERE random() < 0.1; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON stored_events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION slow();
"""
CUTS = [Fate.LOST_BEFORE, Fate.LOST_DURING, Fate.LOST_AFTER, Fate.PANIC]


@pytest.fixture
async def proxy(dsn: str) -> AsyncIterator[Proxy]:
    async with Proxy(dsn).running() as proxy:
        yield proxy


def at_random(seed: int, share: float) -> Any:
    dice = random.Random(seed)
    return lambda: dice.choice(CUTS) if dice.random() < share else Fate.PASS


async def run(proxy: Proxy, journal: PostgresJournal, stations: int, messages: int) -> Load:
    load = Load(journal)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for n in range(stations):
            group.create_task(load.station(f"CS{n}", messages, pause=0.002))
    return load


async def test_every_append_is_resolved_rightly(proxy: Proxy, pool: asyncpg.Pool) -> None:
    await pool.execute(SLOW_COMMIT)
    proxy.fate = at_random(seed=1, share=0.5)
    journal = await PostgresJournal.open(proxy.dsn, pool)
    load = await run(proxy, journal, stations=3, messages=80)
    proxy.fate = lambda: Fate.PASS
    await journal.close()
    lost, doubled = await lost_and_doubled(load, pool)
    cuts = {fate.name: count for fate, count in proxy.happened.items()}
    print(f"\n{len(load.acknowledged)} appends, {cuts}: {lost} lost, {doubled} doubled, {load.conflicts} conflicts")
    assert len(load.acknowledged) == 240
    assert all(proxy.happened[cut] >= 5 for cut in CUTS)
    assert (lost, doubled, load.conflicts, load.refused) == (0, 0, 0, 0)
    read = (await journal_of(pool).read(START, 10_000)).recorded
    assert len(read) == 480


async def test_control_without_looking_the_outcome_up_messages_are_doubled(
    proxy: Proxy, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.fate = at_random(seed=1, share=0.4)
    journal = await PostgresJournal.open(proxy.dsn, pool)
    answer = journal.writer._answer

    async def find_nothing(question: str, *arguments: object) -> list[Any]:
        return [] if "AS position" in question else await answer(question, *arguments)

    monkeypatch.setattr(journal.writer, "_answer", find_nothing)
    load = await run(proxy, journal, stations=8, messages=10)
    proxy.fate = lambda: Fate.PASS
    await journal.close()
    lost, doubled = await lost_and_doubled(load, pool)
    print(f"\ncontrol: {len(load.acknowledged)} appends, {lost} lost, {doubled} doubled, {load.conflicts} conflicts")
    assert doubled > 0
    assert load.conflicts > 0


async def test_a_session_that_still_commits_is_waited_for(proxy: Proxy, pool: asyncpg.Pool) -> None:
    """It is ended; but a COMMIT that has begun may not be, so that asking too early would give the wrong answer."""
    await pool.execute(SLOW_COMMIT.replace("random() * 0.01", "0.2").replace("random() < 0.1", "true"))
    fates = iter([Fate.LOST_DURING, Fate.LOST_BEFORE])
    proxy.fate = lambda: next(fates, Fate.PASS)
    journal = await PostgresJournal.open(proxy.dsn, pool)
    await asyncio.wait_for(journal.append(entries("station:A", 1, request=b"1")), 10)
    assert len(await journal.events("station:A")) == 1
    await journal.close()


async def test_a_reconnect_that_breaks_too_still_waits_for_the_session_that_wrote(
    proxy: Proxy, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before the last is the one whose COMMIT may still come."""
    fates = iter([Fate.LOST_DURING])
    proxy.fate = lambda: next(fates, Fate.PASS)
    journal = await PostgresJournal.open(proxy.dsn, pool)
    until_gone, asked = writer._until_gone, []

    async def broken_at_first(connection: asyncpg.Connection, session: asyncpg.Record) -> None:
        asked.append(tuple(session))
        if len(asked) < 3:
            raise ConnectionResetError("again")
        await until_gone(connection, session)

    monkeypatch.setattr(writer, "_until_gone", broken_at_first)
    await asyncio.wait_for(journal.append(entries("station:A", 1, request=b"1")), 10)
    assert len(asked) == 3
    assert len(set(asked)) == 1
    await journal.close()


async def test_a_dead_line_is_noticed_by_the_clock(proxy: Proxy, pool: asyncpg.Pool) -> None:
    fates = iter([Fate.SILENCE])
    proxy.fate = lambda: next(fates, Fate.PASS)
    journal = await PostgresJournal.open(proxy.dsn, pool, command_timeout=1)
    started = time.monotonic()
    load = await run(proxy, journal, stations=3, messages=2)
    print(f"\nresolved after {time.monotonic() - started:.1f} s")
    assert time.monotonic() - started < 15
    assert proxy.happened[Fate.SILENCE] == 1
    await journal.close()
    assert (await lost_and_doubled(load, pool), load.conflicts) == ((0, 0), 0)


async def test_a_database_behind_a_dead_line_is_waited_for(proxy: Proxy, pool: asyncpg.Pool) -> None:
    journal = await PostgresJournal.open(proxy.dsn, pool, command_timeout=0.5)
    await journal.append(entries("station:A", 1))
    tasks = len(asyncio.all_tasks())
    proxy.silent = True
    appends = [asyncio.create_task(journal.append(entries(f"station:{n}", 1))) for n in range(20)]
    await asyncio.sleep(1.2)
    assert not any(append.done() for append in appends)
    proxy.silent = False
    proxy.cut_all()
    started = time.monotonic()
    await asyncio.wait_for(asyncio.gather(*appends), 15)
    print(f"\n20 appends recorded {time.monotonic() - started:.1f} s after the line was mended")
    await asyncio.sleep(0.7)
    assert len(asyncio.all_tasks()) <= tasks + 2
    assert len((await journal.read(START, 100)).recorded) == 21
    await journal.close()


def journal_of(pool: asyncpg.Pool) -> PostgresJournal:
    """For reading only."""
    return PostgresJournal("", pool, 10)
