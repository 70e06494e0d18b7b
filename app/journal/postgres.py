"""The journal on PostgreSQL, in the table layout of the `eventsourcing` library."""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_right
from collections.abc import Coroutine, Sequence
from datetime import datetime
from itertools import count
from operator import attrgetter
from typing import Any

import asyncpg
import structlog

from app.journal.batch import Append
from app.journal.mapper import EventMapper
from app.journal.writer import CONNECTION_LOST, GroupCommit
from domain.aggregate import DomainEvent
from domain.journal import START, Entry, Page, Recorded
from domain.streams import within

log = structlog.get_logger(__name__)

CHANNEL = "application_events"
"""The one that subscriptions of the `eventsourcing` library listen to."""

_HORIZON = """(SELECT (SELECT base FROM journal_epoch)
    + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 16))"""
"""Below this position every transaction has ended, so a reader that has passed it missed nothing."""

_READ = f"""
SELECT notification_id, topic, originator_id, originator_version, state FROM stored_events
WHERE notification_id > $1 AND notification_id < {_HORIZON}
ORDER BY notification_id LIMIT $2
"""  # noqa: S608
_COUNT = f"""
SELECT count(*), max(notification_id) FROM stored_events
WHERE notification_id > $1 AND notification_id <= $2 AND notification_id < {_HORIZON}
"""  # noqa: S608
_READ_TOPICS = f"""
WITH page AS MATERIALIZED ({_READ})
SELECT * FROM page WHERE topic = ANY($3)
UNION ALL SELECT max(notification_id), NULL, NULL, NULL, NULL FROM page ORDER BY 1, 2 NULLS LAST
"""  # noqa: S608
_STREAM = """
SELECT topic, originator_version, state FROM stored_events
WHERE originator_id = $1 AND originator_version > $2 ORDER BY originator_version
"""
_VERSION = "SELECT max(originator_version) FROM stored_events WHERE originator_id = $1"
_BY_NAME = """
SELECT originator_id FROM stored_events
WHERE originator_version = 1 AND split_part(originator_id, ':', 1) = $1 AND split_part(originator_id, ':', 3)
"""
_RAISE_EPOCH = """
UPDATE journal_epoch SET base = ((last.position >> 16) + 1 - (pg_current_xact_id()::text::bigint)) << 16
FROM (SELECT coalesce(max(notification_id), 0) AS position FROM stored_events) AS last
WHERE last.position >= base + (pg_current_xact_id()::text::bigint << 16)
"""
_SAFE = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply", "remote_write", "local"),
}
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_KEEPALIVE = 5
"""Seconds between signs of life on the connection for wake-ups, which otherwise would not notice that it is dead."""


class UnsafeDatabase(RuntimeError):
    """The database is set up so that an acknowledged message could be lost."""


class PostgresJournal:
    """Reads go through a pool, writes through one connection of their own, wake-ups through a third."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, command_timeout: float) -> None:
        self._dsn = dsn
        self._pool = pool
        self._command_timeout = command_timeout
        self._unread = Unread()
        self._ticks = 0
        self._wake = asyncio.Event()
        self._notify = asyncio.Event()
        self._wakeups: asyncio.Task[None] | None = None
        self.writer = GroupCommit(self._connect_safely, self._committed)

    @classmethod
    async def open(cls, dsn: str, pool: asyncpg.Pool, *, command_timeout: float = 10) -> PostgresJournal:
        """Raises UnsafeDatabase if fsync, full_page_writes or synchronous_commit is off.

        A write that is not answered within `command_timeout` (seconds) is resolved over a new connection.
        """
        journal = cls(dsn, pool, command_timeout)
        async with pool.acquire() as connection:
            await _refuse_unsafe(connection)
            await connection.execute(_RAISE_EPOCH)
        journal.writer.start()
        journal._wakeups = asyncio.create_task(journal._exchange_wakeups(), name="journal-wakeups")
        return journal

    async def close(self) -> None:
        await self.writer.stop()
        if self._wakeups is not None:
            self._wakeups.cancel()
            await asyncio.gather(self._wakeups, return_exceptions=True)

    def append(self, entries: Sequence[Entry]) -> Coroutine[Any, Any, int]:
        return self.writer.append(entries)

    async def events(self, stream: str, after: int = 0) -> list[DomainEvent]:
        rows = await self._fetch(_STREAM, stream, after)
        return [EventMapper.event(topic, stream, version, state) for topic, version, state in rows]

    async def version_of(self, stream: str) -> int:
        [[version]] = await self._fetch(_VERSION, stream)
        return int(version or 0)

    async def read(self, after: int, limit: int, topics: Sequence[str] | None = None) -> Page:
        if topics is None:
            return await self._read_by_heart(after, limit) or await self._read_all(after, limit)
        *rows, last = await self._fetch(_READ_TOPICS, after, limit, topics)
        return Page([Stored(*row) for row in rows], last[0] or after)

    async def _read_by_heart(self, after: int, limit: int) -> Page | None:
        """Only their number from the database, where the events are known; None where others have written too."""
        known = self._unread.after(after, limit)
        if not known:
            return None
        [[number, last]] = await self._fetch(_COUNT, after, known[-1].position)
        if number > len(known) or (number and known[number - 1].position != last):
            self._unread.forget()
            return None
        return Page(known[:number], last or after)

    async def _read_all(self, after: int, limit: int) -> Page:
        self._unread.wanted = True  # what is recorded from here on follows on from what is read here
        rows = await self._fetch(_READ, after, limit)
        if len(rows) == limit:
            self._unread.forget()
        return Page([Stored(*row) for row in rows], rows[-1][0] if rows else after)

    async def latest_stream(self, kind: str, name: str) -> str | None:
        rows = await self._fetch(_BY_NAME + " = $2 ORDER BY 1 DESC LIMIT 1", kind, name)
        return rows[0][0] if rows else None

    async def streams_of(self, kind: str, station_id: str, limit: int) -> list[str]:
        first, last = within(station_id) + "/", within(station_id) + "0"  # "0" follows "/" in the C collation
        range_ = " >= $2 AND split_part(originator_id, ':', 3) < $3 ORDER BY 1 DESC LIMIT $4"
        return [row[0] for row in await self._fetch(_BY_NAME + range_, kind, first, last, limit)]

    async def draw_transaction_ids(self, count: int) -> Sequence[int]:
        rows = await self._fetch("SELECT nextval('transaction_ids') FROM generate_series(1, $1)", count)
        return [int(row[0]) for row in rows]

    async def head(self) -> int:
        query = f"SELECT max(notification_id) FROM stored_events WHERE notification_id < {_HORIZON}"  # noqa: S608
        return int((await self._fetch(query))[0][0] or START)

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows, as soon as there is a database again: a message that has come must not fail because it was away."""
        pause = 0.05
        while True:
            try:
                return await self._pool.fetch(query, *arguments)
            except CONNECTION_LOST as error:
                if self._pool.is_closing():
                    raise
                log.warning("journal.read_waits", error=repr(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)

    @property
    def ticks(self) -> int:
        return self._ticks

    async def woken(self, since: int, timeout: float) -> bool:
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

    def _committed(self, first: int, batch: list[Append]) -> None:
        self._unread.remember(first, batch)
        self._wake_all()
        self._notify.set()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._dsn,
            command_timeout=self._command_timeout,
            timeout=self._command_timeout,
            # The table grows under plans that were made when it was small.
            server_settings={"enable_seqscan": "off", "jit": "off", "statement_timeout": "0"},
        )

    async def _connect_safely(self) -> asyncpg.Connection:
        connection = await self._connect()
        try:
            await _refuse_unsafe(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _exchange_wakeups(self) -> None:
        while True:
            with contextlib.suppress(*_AWAY):
                connection = await self._connect()
                try:
                    await self._tell_and_hear(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(1)

    async def _tell_and_hear(self, connection: asyncpg.Connection) -> None:
        """Tell other processes, at most every 20 ms and after the commit: inside it, NOTIFY serialises all writers."""

        def heard(_: object, sender: int, *__: object) -> None:
            if sender != connection.get_server_pid():
                self._wake_all()

        connection.add_termination_listener(lambda _: self._notify.set())
        await connection.add_listener(CHANNEL, heard)
        self._wake_all()  # what was told before went unheard
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_KEEPALIVE):
                    await self._notify.wait()
            self._notify.clear()
            await connection.execute(f"NOTIFY {CHANNEL}")
            await asyncio.sleep(0.02)


class Stored(Recorded):
    """A row of the journal, read when its event is asked for."""

    __slots__ = ("_state",)

    def __init__(self, position: int, topic: str, stream: str, version: int, state: bytes) -> None:
        self.position = position
        self.topic = topic
        self.stream = stream
        self.version = version
        self._state = state
        self._event = None

    def _read(self) -> DomainEvent:
        self._event = EventMapper.event(self.topic, self.stream, self.version, self._state)
        return self._event

    @property
    def at(self) -> datetime:
        return EventMapper.timestamp(self._state) if self._event is None else self._event.timestamp


class Unread:
    """What this process has written and its reader has not read yet, so that nobody need decode it. One reader can
    have it: the one that comes to the end of the journal.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._recorded: list[Recorded] = []
        self.wanted = False

    def remember(self, first: int, batch: list[Append]) -> None:
        """What was recorded, its first event at this position."""
        if not self.wanted:
            return
        events = (entry.event for append in batch for entry in append.entries)
        self._recorded.extend(map(Recorded, count(first), events))
        if len(self._recorded) > self._most:
            self.forget()

    def after(self, position: int, limit: int) -> list[Recorded]:
        """The first above a position, which is as far as the reader has come."""
        self._recorded = self._recorded[bisect_right(self._recorded, position, key=_position) :]
        return self._recorded[:limit]

    def forget(self) -> None:
        self._recorded = []
        self.wanted = False


_position = attrgetter("position")


async def _refuse_unsafe(connection: Any) -> None:
    for setting, safe in _SAFE.items():
        value = await connection.fetchval("SELECT current_setting($1)", setting)
        if value not in safe:
            raise UnsafeDatabase(
                f"PostgreSQL runs with {setting} = {value}: an answered message could be lost in a crash."
                f" Set {setting} = on for this database, then start again."
            )
