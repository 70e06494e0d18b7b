"""Eight writers commit in another order than they began (F20): readers miss nothing and see every stream in order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing, suppress

import asyncpg

from app.database import connect
from app.journal import PostgresJournal
from domain.journal import START, follow
from tests.journal.samples import entries

WRITERS, EACH = 8, 60
LATE_COMMITS = """
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(random() * 0.02) WHERE random() < 0.3; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON stored_events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION late();
"""


async def followed(journal: PostgresJournal, seen: list[tuple[int, str, int]]) -> None:
    async with aclosing(follow(journal, START, limit=50)) as pages:
        async for page in pages:
            seen += [(r.position, r.event.originator_id, r.event.originator_version) for r in page.recorded]


async def followed_naively(pool: asyncpg.Pool, seen: list[tuple[int, str, int]]) -> None:
    """Control: positions alone, without the horizon below which every transaction has ended."""
    last = 0
    query = "SELECT notification_id, originator_id, originator_version FROM stored_events WHERE notification_id > $1"
    while True:
        rows = await pool.fetch(query + " ORDER BY notification_id", last)
        seen += [tuple(row) for row in rows]
        last = rows[-1][0] if rows else last
        await asyncio.sleep(0.001)


async def write(journal: PostgresJournal, writer: int) -> None:
    streams = [f"station:{writer}-{n}" for n in range(3)]
    for version in range(1, EACH + 1):
        await asyncio.gather(*(journal.append(entries(stream, version)) for stream in streams))


async def test_readers_miss_nothing(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await connect(dsn))
        await pool.execute(LATE_COMMITS)
        journals = [await PostgresJournal.open(dsn, pool) for _ in range(WRITERS)]
        for journal in journals:
            stack.push_async_callback(journal.close)
        readings: list[list[tuple[int, str, int]]] = [[], [], []]
        readers = [
            asyncio.create_task(followed(journals[0], readings[0])),
            asyncio.create_task(followed(journals[1], readings[1])),
            asyncio.create_task(followed_naively(pool, readings[2])),
        ]
        await asyncio.gather(*(write(journal, n) for n, journal in enumerate(journals)))
        total = WRITERS * EACH * 3
        async with asyncio.timeout(10):
            while min(len(reading) for reading in readings[:2]) < total:
                await asyncio.sleep(0.01)
        for reader in readers:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
    everything = sorted(readings[0])
    naive = len(set(everything) - set(readings[2]))
    print(f"\n{total} events of {WRITERS} writers: 0 missed; the naive reader missed {naive}")
    assert readings[0] == readings[1] == everything
    assert len(set(everything)) == total
    for stream in {stream for _, stream, _ in everything}:
        assert [version for _, s, version in everything if s == stream] == list(range(1, EACH + 1))
    assert naive > 0
