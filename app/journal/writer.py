"""Group commit: everything that arrives while one commit is in flight goes into the next, as one INSERT.

A conflict fails only the append that caused it. When the connection is lost during COMMIT the outcome is unknown; it is
found out before anything else is written, so nothing is lost and nothing is written twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import asyncpg
import structlog
from eventsourcing.persistence import RecordConflictError

from app.journal.mapper import EventMapper
from domain.journal import Entry, JournalUnavailable

log = structlog.get_logger(__name__)

_INSERT = """
WITH tx AS MATERIALIZED (
    SELECT (SELECT base FROM journal_epoch) + (pg_current_xact_id()::text::bigint << 16) AS start
), written AS (
    INSERT INTO stored_events
        (notification_id, originator_id, originator_version, topic, state, protocol, request, reply)
    SELECT tx.start + e.ordinal, e.stream, e.version, e.topic, e.state, e.protocol, e.request, e.reply
    FROM tx, unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[])
        WITH ORDINALITY AS e(stream, version, topic, state, protocol, request, reply, ordinal)
    RETURNING notification_id
)
SELECT min(notification_id) FROM written
"""
_MAX_BATCH = 4_000
"""Events in one INSERT; the position format has room for 65,535."""

Columns = tuple[list[str], list[int], list[str], list[bytes], list[str | None], list[bytes | None], list[bytes | None]]
Connect = Callable[[], "asyncio.Future[asyncpg.Connection]"]


@dataclass(slots=True, eq=False)
class _Append:
    entries: Sequence[Entry]
    states: list[bytes]
    done: asyncio.Future[int]


class GroupCommit:
    """One writer connection; `append` is called by any number of tasks of one event loop."""

    def __init__(self, connect: Connect, committed: Callable[[], None], max_waiting: int = 20_000) -> None:
        self._connect = connect
        self._committed = committed
        self._max_waiting = max_waiting
        self._queue: list[_Append] = []
        self._waiting = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._connection: asyncpg.Connection | None = None
        self._backend: tuple[int, object] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.observe_commit: Callable[[float, int], None] = lambda seconds, events: None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="journal-writer")

    async def stop(self) -> None:
        """Write what is waiting, then end."""
        self._closing = True
        self._work.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self._task, 15)
        for append in self._queue:
            append.done.set_exception(JournalUnavailable("the server is stopping"))
        self._queue.clear()
        if self._connection is not None:
            await self._connection.close()

    @property
    def waiting(self) -> int:
        """Events that wait for their commit."""
        return self._waiting

    async def append(self, entries: Sequence[Entry]) -> int:
        while self._waiting >= self._max_waiting:
            self._room.clear()
            await self._room.wait()
        if self._closing:
            raise JournalUnavailable("the server is stopping")
        states = [EventMapper.state_of(entry.event) for entry in entries]
        append = _Append(entries, states, asyncio.get_running_loop().create_future())
        self._queue.append(append)
        self._waiting += len(entries)
        self._work.set()
        # Shielded: a caller that gives up (a socket that closed) must not leave its append half known.
        return await asyncio.shield(append.done)

    async def _run(self) -> None:
        while not (self._closing and not self._queue):
            await self._work.wait()
            batch = self._take()
            if not batch:
                self._work.clear()
                if self._closing:
                    return
                continue
            started = perf_counter()
            await self._write(batch)
            size = sum(len(append.entries) for append in batch)
            self._waiting -= size
            self._room.set()
            self.observe_commit(perf_counter() - started, size)
            self._committed()

    def _take(self) -> list[_Append]:
        size = 0
        for count, append in enumerate(self._queue):  # noqa: B007
            size += len(append.entries)
            if size > _MAX_BATCH and count:
                break
        else:
            count = len(self._queue)
        batch, self._queue = self._queue[:count], self._queue[count:]
        return batch

    async def _write(self, batch: list[_Append]) -> None:
        """Write a batch and tell each append its outcome; splits it in halves to find the one that fails."""
        try:
            position = await self._insert(batch)
        except asyncpg.UniqueViolationError:
            await self._split(batch, RecordConflictError("the stream has moved on"))
        except asyncpg.PostgresError as error:
            log.error("journal.append_refused", error=str(error), appends=len(batch))
            await self._split(batch, JournalUnavailable(str(error)))
        else:
            for append in batch:
                position += len(append.entries)
                if not append.done.cancelled():
                    append.done.set_result(position - 1)

    async def _split(self, batch: list[_Append], error: Exception) -> None:
        if len(batch) == 1:
            if not batch[0].done.cancelled():
                batch[0].done.set_exception(error)
            return
        half = len(batch) // 2
        await self._write(batch[:half])
        await self._write(batch[half:])

    async def _insert(self, batch: list[_Append]) -> int:
        """The position of the batch's first event. Keeps trying while the database is away."""
        columns = _columns(batch)
        lost = False
        pause = 0.05
        while True:
            try:
                connection = await self._connected()
                if lost and (position := await self._find(connection, batch)) is not None:
                    return position
                lost = True
                position = await connection.fetchval(_INSERT, *columns)
                return int(position)
            except _CONNECTION_LOST as error:
                log.warning("journal.connection_lost", error=repr(error))
                self._abandon()
                if self._closing and pause > 1:
                    raise asyncpg.PostgresError(f"the database went away while stopping: {error}") from error
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2)

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
            previous, self._backend = self._backend, tuple(
                await self._connection.fetchrow(
                    "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
                )
            )
            if previous is not None:
                await _until_gone(self._connection, previous)
        return self._connection

    def _abandon(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _find(self, connection: asyncpg.Connection, batch: list[_Append]) -> int | None:
        """Whether a batch whose COMMIT went unanswered is there: one statement, so its first event speaks for all."""
        first = batch[0].entries[0]
        row = await connection.fetchrow(
            "SELECT notification_id, topic, state, request FROM stored_events"
            " WHERE originator_id = $1 AND originator_version = $2",
            first.event.originator_id,
            first.event.originator_version,
        )
        request = first.evidence.request if first.evidence else None
        if row is None or (row["topic"], row["state"], row["request"]) != (first.event.TOPIC, batch[0].states[0], request):
            return None
        return int(row["notification_id"])


_CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    OSError,
    TimeoutError,
)


async def _until_gone(connection: asyncpg.Connection, backend: tuple[int, object]) -> None:
    """End the session of a lost connection and wait until it is gone: while it lives, its COMMIT may still happen."""
    pid, started = backend
    for _ in range(200):
        alive = await connection.fetchval(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2", pid, started
        )
        if alive is None:
            return
        await asyncio.sleep(0.05)
    raise asyncpg.InterfaceError(f"session {pid} of the lost connection does not end")


def _columns(batch: list[_Append]) -> Columns:
    columns: Columns = ([], [], [], [], [], [], [])
    streams, versions, topics, states, protocols, requests, replies = columns
    for append in batch:
        states.extend(append.states)
        for entry in append.entries:
            event, evidence = entry.event, entry.evidence
            streams.append(event.originator_id)
            versions.append(event.originator_version)
            topics.append(event.TOPIC)
            protocols.append(evidence.protocol if evidence else None)
            requests.append(evidence.request if evidence else None)
            replies.append(evidence.reply if evidence else None)
    return columns
