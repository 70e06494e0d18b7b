from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import asyncpg
import pytest
from eventsourcing.persistence import RecordConflictError
from structlog.testing import capture_logs

from app.database import connect
from app.journal import PostgresJournal, UnsafeDatabase, writer
from app.journal.writer import GroupCommit
from domain.journal import START, Entry, Evidence, Journal, JournalUnavailable, follow
from tests.journal.contract import JournalContract
from tests.journal.samples import entries, received, settled

FAILING = """
CREATE FUNCTION failing() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER failing BEFORE INSERT ON stored_events FOR EACH ROW EXECUTE FUNCTION failing();
"""


class TestPostgresJournal(JournalContract):
    @pytest.fixture(autouse=True)
    def _pool(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def afresh(self, journal: Journal) -> Journal:
        return PostgresJournal("", self.pool, 10)  # for reading only


@pytest.fixture
async def other(dsn: str, pool: asyncpg.Pool) -> AsyncIterator[PostgresJournal]:
    """The journal of another node."""
    journal = await PostgresJournal.open(dsn, pool)
    yield journal
    await journal.close()


async def end_writer(pool: asyncpg.Pool) -> None:
    """The writer's is the session whose last statement was the INSERT."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%INSERT INTO stored_events%'"
    await pool.execute(query + " AND pid <> pg_backend_pid() AND datname = current_database()")


# Evidence


async def test_evidence_is_kept_byte_for_byte(journal: PostgresJournal, pool: asyncpg.Pool) -> None:
    request = '[2,"1","Heartbeat",{ "a":1.0 , "é":"\\u0000" }]\n'.encode() + bytes(range(256))
    event = received("station:A", 1)
    await journal.append([Entry(event, Evidence("ocpp2.0.1", request, b"")), Entry(received("station:A", 2))])
    rows = await pool.fetch("SELECT protocol, request, reply FROM stored_events ORDER BY originator_version")
    assert [tuple(row) for row in rows] == [("ocpp2.0.1", request, b""), (None, None, None)]


# The queue


async def test_when_the_queue_is_full_appends_wait(dsn: str, pool: asyncpg.Pool) -> None:
    gate = asyncio.Event()

    async def connect_later() -> asyncpg.Connection:
        await gate.wait()
        return await asyncpg.connect(dsn)

    group = GroupCommit(connect_later, lambda first, batch: None, max_waiting=10)
    group.start()
    appends = [asyncio.create_task(group.append(entries(f"station:{n}", 1, 2))) for n in range(50)]
    await asyncio.sleep(0.1)
    assert group.waiting == 10
    for given_up in appends[40:]:
        given_up.cancel()
    gate.set()
    await asyncio.wait_for(asyncio.gather(*appends[:40]), 10)
    assert group.waiting == 0
    await group.stop()
    assert await pool.fetchval("SELECT count(*) FROM stored_events") == 80


async def test_large_messages_fill_the_queue_sooner(journal: PostgresJournal) -> None:
    append = asyncio.create_task(journal.append(entries("station:A", 1, request=bytes(1_000_000))))
    await asyncio.sleep(0)
    assert journal.writer.waiting > 200
    await append
    assert journal.writer.waiting == 0


async def test_an_append_of_very_many_events_is_one_transaction(journal: PostgresJournal, pool: asyncpg.Pool) -> None:
    position = await journal.append(entries("station:A", *range(1, 20_001)))
    await settled(journal, position)
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM stored_events") == 1
    with pytest.raises(ValueError, match="65535 are the most"):
        await journal.append(entries("station:B", *range(1, 65_537)))


async def test_stopping_writes_what_is_waiting(dsn: str, pool: asyncpg.Pool) -> None:
    journal = await PostgresJournal.open(dsn, pool)
    appends = [asyncio.create_task(journal.append(entries(f"station:{n}", 1))) for n in range(100)]
    await asyncio.sleep(0)
    await journal.close()
    assert all(isinstance(position, int) for position in await asyncio.gather(*appends))
    with pytest.raises(JournalUnavailable):
        await journal.append(entries("station:X", 1))


async def test_stopping_wakes_those_who_wait_for_room(dsn: str) -> None:
    async def never() -> asyncpg.Connection:
        raise ConnectionRefusedError

    group = GroupCommit(never, lambda first, batch: None, max_waiting=1)
    group.start()
    appends = [asyncio.create_task(group.append(entries(f"station:{n}", 1))) for n in range(5)]
    await asyncio.sleep(0.1)
    await group.stop(grace=0.1)
    outcomes = await asyncio.wait_for(asyncio.gather(*appends, return_exceptions=True), 1)
    assert {type(outcome) for outcome in outcomes} == {JournalUnavailable}


async def test_opening_and_closing_at_once_leaves_nothing_behind(dsn: str, pool: asyncpg.Pool) -> None:
    tasks = len(asyncio.all_tasks())
    for pause in (0, 0, 0.001, 0.003, 0.01, 0.03):
        journal = await PostgresJournal.open(dsn, pool)
        await asyncio.sleep(pause)
        await journal.close()
    assert len(asyncio.all_tasks()) == tasks


# What PostgreSQL refuses


@pytest.mark.parametrize("stream", ["station:\ud800", "station:a\0b", "station:" + "".join(map(chr, range(300, 5000)))])
async def test_an_append_that_postgres_cannot_take_fails_alone(journal: PostgresJournal, stream: str) -> None:
    appends = [entries(f"station:{n}", 1) for n in range(20)]
    appends[7] = [*entries("station:with", 1), *entries(stream, 1)]
    outcomes = await asyncio.gather(*(journal.append(a) for a in appends), return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, int)] == [7]
    assert isinstance(outcomes[7], JournalUnavailable)
    assert await journal.events("station:with") == []
    assert journal.writer.waiting == 0


@pytest.mark.parametrize(
    ("code", "severity", "certain"),
    [("53100", "ERROR", True), ("53100", "PANIC", False), ("58030", "FATAL", False), ("57P01", "ERROR", False)],
)
def test_only_an_error_proves_that_nothing_was_recorded(code: str, severity: str, certain: bool) -> None:
    """A server that breaks down may have written its COMMIT before."""
    error = asyncpg.PostgresError.new({"C": code, "S": severity, "V": severity, "M": "no"})
    assert writer._certain(error) == certain


async def test_an_event_that_cannot_be_written_down_fails_before_it_waits(journal: PostgresJournal) -> None:
    with pytest.raises(Exception, match="surrogates"):
        await journal.append([Entry(received("station:A", 1, action="\ud800"))])
    assert journal.writer.waiting == 0
    await journal.append(entries("station:A", 1))


async def test_on_a_full_disk_appends_are_refused_until_there_is_room(
    journal: PostgresJournal, pool: asyncpg.Pool
) -> None:
    await pool.execute(FAILING)
    with capture_logs() as logs:
        appends = (journal.append(entries(f"station:{n}", 1)) for n in range(1000))
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {JournalUnavailable}
    assert len(logs) == 1  # refused together: the log may be on the same disk
    await pool.execute("DROP TRIGGER failing ON stored_events")
    with pytest.raises(RecordConflictError):
        await journal.append(entries("station:1", 2))  # by someone who did not load anew
    await journal.append(entries("station:1", 1))


async def test_a_station_taken_over_in_a_storm_costs_the_others_little(
    journal: PostgresJournal, other: PostgresJournal
) -> None:
    await asyncio.gather(*(other.append(entries(f"station:{n}", 1)) for n in range(1000)))
    appends = [journal.append(entries(f"station:{n}", 1)) for n in range(1500)]
    started = time.perf_counter()
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    print(f"\n1000 conflicts among 1500 appends: {time.perf_counter() - started:.3f} s")
    assert [isinstance(o, RecordConflictError) for o in outcomes] == [n < 1000 for n in range(1500)]
    assert time.perf_counter() - started < 1


async def test_a_server_that_is_no_longer_the_primary_is_waited_for(
    journal: PostgresJournal, pool: asyncpg.Pool
) -> None:
    database = await pool.fetchval("SELECT current_database()")
    await journal.append(entries("station:A", 1))
    await pool.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    await end_writer(pool)
    append = asyncio.create_task(journal.append(entries("station:A", 2)))
    await asyncio.sleep(0.3)
    assert not append.done()
    await pool.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    await asyncio.wait_for(append, 5)


# Settings that would lose answered messages


async def test_a_database_that_does_not_wait_for_its_disk_is_refused(dsn: str, pool: asyncpg.Pool) -> None:
    database = await pool.fetchval("SELECT current_database()")
    await pool.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    async with await connect(dsn) as careless:
        with pytest.raises(UnsafeDatabase, match="synchronous_commit = off"):
            await PostgresJournal.open(dsn, careless)


async def test_nor_is_it_written_to_when_it_became_so_while_we_ran(
    journal: PostgresJournal, pool: asyncpg.Pool
) -> None:
    database = await pool.fetchval("SELECT current_database()")
    await journal.append(entries("station:A", 1))
    await pool.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    await end_writer(pool)
    append = asyncio.create_task(journal.append(entries("station:A", 2)))
    await asyncio.sleep(0.3)
    assert not append.done()
    await pool.execute(f"ALTER DATABASE {database} RESET synchronous_commit")
    await asyncio.wait_for(append, 5)


# Wake-ups


async def test_other_nodes_are_woken_by_an_append(journal: PostgresJournal, other: PostgresJournal) -> None:
    await asyncio.sleep(0.1)
    waits = []
    for version in range(1, 8):
        ticks = other.ticks
        await journal.append(entries("station:A", version))
        started = time.perf_counter()
        assert await other.woken(ticks, 5)
        waits.append(time.perf_counter() - started)
    assert sorted(waits)[3] < 0.1


async def test_wake_ups_come_back_after_their_connection_was_lost(
    journal: PostgresJournal, other: PostgresJournal, pool: asyncpg.Pool
) -> None:
    await asyncio.sleep(0.1)
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    await pool.execute(query + " AND (query LIKE 'LISTEN%' OR query LIKE 'NOTIFY%')")
    ticks = other.ticks
    await journal.append(entries("station:A", 1))
    assert await other.woken(ticks, 2), "what was told meanwhile"
    await asyncio.sleep(0.2)
    ticks = other.ticks
    await journal.append(entries("station:A", 2))
    assert await other.woken(ticks, 2), "what is told from then on"


async def test_a_commit_hidden_behind_an_older_transaction_is_seen_soon_after_that_has_ended(
    journal: PostgresJournal, pool: asyncpg.Pool
) -> None:
    async with aclosing(follow(journal, START)) as pages, pool.acquire() as older:
        transaction = older.transaction()
        await transaction.start()
        await older.execute("SELECT pg_current_xact_id()")
        page = asyncio.ensure_future(anext(pages))
        await journal.append(entries("station:A", 1))
        await asyncio.sleep(0.05)
        assert not page.done()
        await transaction.rollback()  # tells nobody
        started = time.perf_counter()
        await page
        assert time.perf_counter() - started < 0.2


# Positions after a restore


@pytest.fixture
def restored(new_dsn: Callable[[], str]) -> Callable[..., Any]:
    async def restore(position: int, base: int) -> tuple[str, asyncpg.Pool]:
        dsn = new_dsn()
        pool = await connect(dsn)
        await pool.execute(
            "INSERT INTO stored_events SELECT originator_id, originator_version, topic, state, $1"
            " FROM (VALUES ('station:old', 1, 'day.message-received',"
            """ '{"timestamp":"2020-01-01T00:00:00Z","action":"X"}'::bytea)) AS e"""
            "(originator_id, originator_version, topic, state)",
            position,
        )
        await pool.execute("UPDATE journal_epoch SET base = $1", base)
        return dsn, pool

    return restore


@pytest.mark.parametrize(("position", "base"), [(1 << 50, 0), (1 << 50, 1 << 40), (3, 0), (77 << 16, 0)])
async def test_after_a_restore_positions_go_on_above_the_old_ones(
    restored: Callable[..., Any], position: int, base: int
) -> None:
    dsn, pool = await restored(position, base)
    async with pool:
        for version in (1, 2, 3):
            journal = await PostgresJournal.open(dsn, pool)
            appended = await journal.append(entries("station:new", version))
            await journal.close()
            assert appended > position
            await settled(journal, appended)
            page = await journal.read(START, 10)
            assert page.recorded[0].position == position
            assert page.position == appended
        assert [r.event.originator_version for r in page.recorded] == [1, 1, 2, 3]
        assert await pool.fetchval("SELECT count(*) FROM journal_epoch") == 1


async def test_nodes_that_start_together_after_a_restore_agree(restored: Callable[..., Any]) -> None:
    dsn, pool = await restored(1 << 50, 0)
    async with pool:
        journals = await asyncio.gather(*(PostgresJournal.open(dsn, pool) for _ in range(5)))
        appends = (journal.append(entries(f"station:{n}", 1)) for n, journal in enumerate(journals))
        positions = await asyncio.gather(*appends)
        assert min(positions) > 1 << 50
        await settled(journals[0], max(positions))
        assert len((await journals[0].read(START, 10)).recorded) == 6
        for journal in journals:
            await journal.close()
