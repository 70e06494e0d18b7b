"""PostgreSQL dies as if the machine had stopped. Shared memory goes with it; the page cache of the kernel does not, so
this says nothing about a power cut: that rests on fsync, which the journal insists on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.database import connect
from app.journal import PostgresJournal, UnsafeDatabase, postgres
from domain.journal import START
from tests.faults.conftest import OwnServer
from tests.faults.station_load import Load, lost_and_doubled
from tests.journal.samples import entries, settled


@pytest.fixture
async def own_pool(own_server: OwnServer) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(own_server.dsn)
    await pool.execute("TRUNCATE stored_events")
    yield pool
    await pool.close()


async def load_until(load: Load, stop: asyncio.Event, stations: int) -> None:
    async def station(name: str) -> None:
        while not stop.is_set():
            await load.station(name, 20)

    await asyncio.gather(*(station(f"CS{n}") for n in range(stations)))


async def kill_and_revive(server: OwnServer, away: float = 0) -> float:
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(away)
    started = time.monotonic()
    await server.revive()
    return time.monotonic() - started


async def test_appends_resume_by_themselves_and_nothing_acknowledged_is_lost(
    own_server: OwnServer, own_pool: asyncpg.Pool
) -> None:
    journal = await PostgresJournal.open(own_server.dsn, own_pool)
    load, stop, dice, kills = Load(journal), asyncio.Event(), random.Random(2), 2
    working = asyncio.create_task(load_until(load, stop, 40))
    for _ in range(kills):
        await asyncio.sleep(0.3 + dice.random() / 2)
        before = len(load.acknowledged)
        took = await kill_and_revive(own_server)
        started = time.monotonic()
        while len(load.acknowledged) < before + 100:
            await asyncio.sleep(0.01)
            assert time.monotonic() - started < 10
        print(f"\nkilled: up after {took:.1f} s, recording {time.monotonic() - started:.2f} s later", end="")
    stop.set()
    await asyncio.wait_for(working, 30)
    await journal.close()
    lost, doubled = await lost_and_doubled(load, own_pool)
    print(f"\n{len(load.acknowledged)} acknowledged, {kills} kills: {lost} lost, {doubled} doubled")
    assert (lost, doubled, load.conflicts, load.refused) == (0, 0, 0, 0)


async def test_control_without_waiting_for_the_disk_acknowledged_messages_are_lost(
    own_server: OwnServer, own_pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def anything_goes(connection: object) -> None:
        pass

    monkeypatch.setattr(postgres, "_refuse_unsafe", anything_goes)
    await own_pool.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    await own_pool.execute("ALTER DATABASE csms SET synchronous_commit = off")
    await own_pool.execute("SELECT pg_reload_conf()")
    await own_pool.expire_connections()
    try:
        journal = await PostgresJournal.open(own_server.dsn, own_pool)
        load, stop = Load(journal), asyncio.Event()
        working = asyncio.create_task(load_until(load, stop, 10))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(own_server.kill)
        stop.set()
        await own_server.revive()
        await asyncio.wait_for(working, 30)
        await journal.close()
        lost, _ = await lost_and_doubled(load, own_pool)
        print(f"\ncontrol: {len(load.acknowledged)} acknowledged, {lost} lost")
        assert lost > 0
    finally:
        await own_pool.execute("ALTER DATABASE csms RESET synchronous_commit")
        await own_pool.execute("ALTER SYSTEM RESET wal_writer_delay")
        await own_pool.execute("SELECT pg_reload_conf()")


async def test_while_postgres_is_away_appends_wait(own_server: OwnServer, own_pool: asyncpg.Pool) -> None:
    journal = await PostgresJournal.open(own_server.dsn, own_pool)
    await journal.append(entries("station:A", 1))
    reviving = asyncio.create_task(kill_and_revive(own_server, away=2))
    await asyncio.sleep(0.5)
    appends = [asyncio.create_task(journal.append(entries(f"station:A{n}", 1))) for n in range(100)]
    await asyncio.sleep(0.5)
    loading = asyncio.create_task(journal.events("station:A"))
    await asyncio.sleep(0.5)
    assert not any(task.done() for task in (*appends, loading))
    assert journal.writer.waiting == 100
    await reviving
    started = time.monotonic()
    await settled(journal, max(await asyncio.wait_for(asyncio.gather(*appends), 5)))
    print(f"\n100 appends recorded {time.monotonic() - started:.2f} s after the start")
    assert len(await asyncio.wait_for(loading, 5)) == 1
    assert journal.writer.waiting == 0
    ticks = journal.ticks
    assert await journal.woken(ticks - 1, 5)
    assert len((await journal.read(START, 1000)).recorded) == 101
    await journal.close()


async def test_a_server_that_stops_while_postgres_is_away_says_that_nothing_is_sure(
    own_server: OwnServer, own_pool: asyncpg.Pool
) -> None:
    journal = await PostgresJournal.open(own_server.dsn, own_pool)
    await asyncio.to_thread(own_server.kill)
    appends = [asyncio.create_task(journal.append(entries(f"station:A{n}", 1))) for n in range(10)]
    await asyncio.sleep(0.2)
    try:
        await journal.writer.stop(grace=0.5)
        done = await asyncio.wait_for(asyncio.gather(*appends, return_exceptions=True), 1)
        assert {type(outcome).__name__ for outcome in done} == {"JournalUnavailable"}
    finally:
        await own_server.revive()
        await journal.close()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_forgets_at_a_power_cut_is_refused(
    own_server: OwnServer, own_pool: asyncpg.Pool, setting: str
) -> None:
    try:
        await own_pool.execute(f"ALTER SYSTEM SET {setting} = off")
        await own_pool.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.2)
        with pytest.raises(UnsafeDatabase, match=f"{setting} = off"):
            await PostgresJournal.open(own_server.dsn, own_pool)
    finally:
        await own_pool.execute(f"ALTER SYSTEM RESET {setting}")
        await own_pool.execute("SELECT pg_reload_conf()")
