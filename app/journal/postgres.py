"""The journal on PostgreSQL, in the table layout of the `eventsourcing` library."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg

from app.journal.mapper import EventMapper
from app.journal.writer import GroupCommit
from domain.aggregate import DomainEvent
from domain.journal import START, Entry, Page, Recorded
from domain.streams import within

CHANNEL = "csms_journal"

_HORIZON = """(SELECT (SELECT base FROM journal_epoch)
    + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 16))"""
"""Below this position every transaction has ended, so a reader that has passed it missed nothing."""

_READ = f"""
SELECT notification_id, topic, originator_id, originator_version, state FROM stored_events
WHERE notification_id > $1 AND notification_id < {_HORIZON}
ORDER BY notification_id LIMIT $2
"""  # noqa: S608
_READ_TOPICS = f"""
WITH page AS MATERIALIZED ({_READ})
SELECT * FROM page WHERE topic = ANY($3)
UNION ALL SELECT max(notification_id), NULL, NULL, NULL, NULL FROM page ORDER BY 1, 2 NULLS LAST
"""
_STREAM = """
SELECT topic, originator_id, originator_version, state FROM stored_events
WHERE originator_id = $1 AND originator_version > $2 ORDER BY originator_version
"""
_BY_NAME = """
SELECT originator_id FROM stored_events
WHERE originator_version = 1 AND split_part(originator_id, ':', 1) = $1 AND split_part(originator_id, ':', 3)
"""
_RAISE_EPOCH = """
UPDATE journal_epoch SET base = ((last.position >> 16) + 1 - (pg_current_xact_id()::text::bigint)) << 16
FROM (SELECT coalesce(max(notification_id), 0) AS position FROM stored_events) AS last
WHERE last.position >= base + (pg_current_xact_id()::text::bigint << 16)
"""
_NEEDED = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": ("on", "remote_apply", "remote_write", "local")}


class UnsafeDatabase(RuntimeError):
    """The database is set up so that an acknowledged message could be lost."""


class PostgresJournal:
    """Reads go through a pool, writes through one connection of their own, wake-ups through a third."""

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self._dsn = dsn
        self._pool = pool
        self._ticks = 0
        self._wake = asyncio.Event()
        self._notify = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.writer = GroupCommit(self._connect, self._committed)

    @classmethod
    async def open(cls, dsn: str, pool: asyncpg.Pool) -> PostgresJournal:
        """Raises UnsafeDatabase if fsync, full_page_writes or synchronous_commit is off."""
        journal = cls(dsn, pool)
        await _refuse_unsafe(pool)
        await pool.execute(_RAISE_EPOCH)
        journal.writer.start()
        journal._tasks = [
            asyncio.create_task(journal._send_wakeups(), name="journal-notify"),
            asyncio.create_task(journal._receive_wakeups(), name="journal-listen"),
        ]
        return journal

    async def close(self) -> None:
        await self.writer.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def append(self, entries: Sequence[Entry]) -> int:
        return await self.writer.append(entries)

    async def events(self, stream: str, after: int = 0) -> list[DomainEvent]:
        return [_event(row) for row in await self._pool.fetch(_STREAM, stream, after)]

    async def read(self, after: int, limit: int, topics: Sequence[str] | None = None) -> Page:
        if topics is None:
            rows = await self._pool.fetch(_READ, after, limit)
            return Page([Recorded(row[0], _event(row)) for row in rows], rows[-1][0] if rows else after)
        *rows, last = await self._pool.fetch(_READ_TOPICS, after, limit, topics)
        return Page([Recorded(row[0], _event(row)) for row in rows], last[0] or after)

    async def latest_stream(self, kind: str, name: str) -> str | None:
        found: str | None = await self._pool.fetchval(_BY_NAME + " = $2 ORDER BY 1 DESC LIMIT 1", kind, name)
        return found

    async def streams_of(self, kind: str, station_id: str, limit: int) -> list[str]:
        first, last = within(station_id) + "/", within(station_id) + "0"  # "0" follows "/" in the C collation
        range_ = " >= $2 AND split_part(originator_id, ':', 3) < $3 ORDER BY 1 DESC LIMIT $4"
        return [row[0] for row in await self._pool.fetch(_BY_NAME + range_, kind, first, last, limit)]

    async def draw_transaction_ids(self, count: int) -> Sequence[int]:
        rows = await self._pool.fetch("SELECT nextval('transaction_ids') FROM generate_series(1, $1)", count)
        return [int(row[0]) for row in rows]

    async def head(self) -> int:
        query = f"SELECT max(notification_id) FROM stored_events WHERE notification_id < {_HORIZON}"  # noqa: S608
        return int(await self._pool.fetchval(query) or START)

    @property
    def ticks(self) -> int:
        return self._ticks

    async def woken(self, since: int, timeout: float) -> bool:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                while self._ticks <= since:
                    await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def _wake_all(self) -> None:
        """Whoever waits is woken; whoever comes later waits for the next time."""
        self._ticks += 1
        self._wake.set()
        self._wake = asyncio.Event()

    def _committed(self) -> None:
        self._wake_all()
        self._notify.set()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self._dsn, command_timeout=10, timeout=10)

    async def _send_wakeups(self) -> None:
        """Tell other processes, at most every 10 ms and after the commit: inside it, NOTIFY would serialise all writers."""
        while True:
            await self._notify.wait()
            self._notify.clear()
            with contextlib.suppress(asyncpg.PostgresError, OSError, TimeoutError, asyncpg.InterfaceError):
                await self._pool.execute(f"NOTIFY {CHANNEL}")
            await asyncio.sleep(0.01)

    async def _receive_wakeups(self) -> None:
        while True:
            with contextlib.suppress(asyncpg.PostgresError, OSError, TimeoutError, asyncpg.InterfaceError):
                connection = await self._connect()
                lost = asyncio.Event()
                connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, lambda *_: self._wake_all())
                try:
                    await lost.wait()
                finally:
                    connection.terminate()
            await asyncio.sleep(1)


def _event(row: Any) -> DomainEvent:
    return EventMapper.event(row["topic"], row["originator_id"], row["originator_version"], row["state"])


async def _refuse_unsafe(pool: asyncpg.Pool) -> None:
    for setting, safe in _NEEDED.items():
        value = await pool.fetchval("SELECT current_setting($1)", setting)
        if value not in (safe if isinstance(safe, tuple) else (safe,)):
            raise UnsafeDatabase(
                f"PostgreSQL runs with {setting} = {value}: an answered message could be lost in a crash."
                f" Set {setting} = on for this database, then start again."
            )
