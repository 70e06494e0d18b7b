"""Group commit: everything that arrives while one commit is in flight goes into the next, as one INSERT.

A conflict fails only the append that caused it. When the connection is lost during COMMIT the outcome is unknown; it is
found out before anything else is written, so nothing is lost and nothing is written twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import asyncpg
import structlog
from eventsourcing.persistence import RecordConflictError

from app.journal.mapper import EventMapper
from domain.journal import START, Entry, JournalUnavailable

log = structlog.get_logger(__name__)

_INSERT = """
WITH tx AS MATERIALIZED (
    SELECT (SELECT base FROM journal_epoch) + (pg_current_xact_id()::text::bigint << 16) AS start
), written AS (
    INSERT INTO stored_events
        (notification_id, originator_id, originator_version, topic, state, protocol, request, reply)
    SELECT tx.start + e.ordinal, e.stream, CASE WHEN e.before = 0 THEN e.version ELSE (
            SELECT originator_version + 1 FROM stored_events
            WHERE originator_id = e.stream COLLATE "C" AND originator_version = e.before
        ) END, e.topic, e.state, e.protocol, e.request, e.reply
    FROM tx, unnest(
            $1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[]
        ) WITH ORDINALITY AS e(stream, version, before, topic, state, protocol, request, reply, ordinal)
    RETURNING notification_id
)
SELECT min(notification_id) FROM written
"""
"""A version whose predecessor is missing becomes NULL, which the table refuses: no stream with a gap can be loaded."""
_STALE = """
SELECT s.stream FROM unnest($1::text[], $2::bigint[]) AS s(stream, version) WHERE s.version <> coalesce(
    (SELECT max(originator_version) FROM stored_events WHERE originator_id = s.stream COLLATE "C"), 0)
"""
_FIND = """
SELECT first.notification_id AS position FROM stored_events AS first JOIN stored_events AS last
    ON last.notification_id = first.notification_id + $5
WHERE (first.originator_id, first.originator_version, first.state) = ($1, $2, $3)
    AND first.request IS NOT DISTINCT FROM $4
    AND (last.originator_id, last.originator_version, last.state) = ($6, $7, $8)
"""
_MAX_EVENTS = 65_535
"""In one INSERT: what the position format has room for."""
_MAX_BATCH = 4_000
"""Weight of one INSERT, unless a single append weighs more."""
_PAGE = 12
"""Every 2^12 bytes of an append weigh as much as an event: neither queue nor INSERT outgrows the memory."""
_ATTEMPTS = 10
"""At an INSERT that conflicts with nothing one can see: another node's, seen a moment later."""

Bytes = list[bytes | None]
Columns = tuple[list[str], list[int], list[int], list[str], list[bytes], list[str | None], Bytes, Bytes]


@dataclass(slots=True, eq=False)
class _Append:
    entries: Sequence[Entry]
    states: list[bytes]
    weight: int
    spans: dict[str, tuple[int, int]]
    """Of each stream, the version before and after."""
    done: asyncio.Future[int]

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class GroupCommit:
    """One writer connection; `append` is called by any number of tasks of one event loop."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        committed: Callable[[], None],
        max_waiting: int = 20_000,
    ) -> None:
        self._connect = connect
        self._committed = committed
        self._max_waiting = max_waiting
        self._queue: list[_Append] = []
        self._in_hand: list[_Append] = []
        self._waiting = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._session: asyncpg.Record | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.observe_commit: Callable[[float, int], None] = lambda seconds, events: None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="journal-writer")

    async def stop(self, grace: float = 5) -> None:
        """Write what is waiting, then end. Appends that the database does not confirm in time (seconds) fail."""
        self._closing = True
        self._work.set()
        self._room.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=grace)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for append in (*self._in_hand, *self._queue):
            append.fail(JournalUnavailable("the server stopped before the database confirmed"))
        self._queue.clear()
        if self._connection is not None:
            with contextlib.suppress(*CONNECTION_LOST):
                await self._connection.close(timeout=grace)

    @property
    def waiting(self) -> int:
        """Weight of what waits for its commit: events, and one more for every 4 KiB."""
        return self._waiting

    async def append(self, entries: Sequence[Entry]) -> int:
        if not entries:
            return START
        if len(entries) > _MAX_EVENTS:
            raise ValueError(f"{len(entries)} events in one append: {_MAX_EVENTS} are the most")
        while self._waiting >= self._max_waiting and not self._closing:
            self._room.clear()
            await self._room.wait()
        if self._closing:
            raise JournalUnavailable("the server is stopping")
        states = [EventMapper.state_of(entry.event) for entry in entries]
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        append = _Append(entries, states, _weight(entries, states), _spans(entries), done)
        self._queue.append(append)
        self._waiting += append.weight
        self._work.set()
        # A caller that gives up (a socket that closed) takes nothing back: what it decided is written all the same.
        return await done

    async def _run(self) -> None:
        while True:
            while not self._queue:
                if self._closing:
                    return
                self._work.clear()
                await self._work.wait()
            started = perf_counter()
            self._in_hand = self._take()
            await self._write(self._in_hand)
            self._waiting -= sum(append.weight for append in self._in_hand)
            self._room.set()
            try:
                self.observe_commit(perf_counter() - started, sum(len(append.entries) for append in self._in_hand))
                self._committed()
            except Exception:
                log.exception("journal.observer_failed")
            self._in_hand = []

    def _take(self) -> list[_Append]:
        """The next batch: it ends where it weighs enough, or before an append that does not follow on from it."""
        weight = 0
        versions: dict[str, int] = {}
        for count, append in enumerate(self._queue):
            weight += append.weight
            spans = append.spans.items()
            if count and (weight > _MAX_BATCH or any(versions.get(s, before) != before for s, (before, _) in spans)):
                break
            for stream, (_, after) in spans:
                versions[stream] = after
        else:
            count = len(self._queue)
        batch, self._queue = self._queue[:count], self._queue[count:]
        return batch

    async def _write(self, batch: list[_Append]) -> None:
        """Write a batch and tell each append its outcome, whatever happens."""
        attempts = 0
        while batch:
            try:
                position = await self._insert(batch)
            except _CONFLICT as error:
                stale = await self._answer(_STALE, *_before(batch))
                attempts += not stale
                if attempts == _ATTEMPTS:
                    _refuse(batch, error)
                    return
                batch = _without(batch, frozenset(row["stream"] for row in stale))
            except Exception as error:
                await self._halve(batch, error)
                return
            else:
                for append in batch:
                    position += len(append.entries)
                    if not append.done.done():
                        append.done.set_result(position - 1)
                return

    async def _halve(self, batch: list[_Append], error: Exception) -> None:
        """Find the append that PostgreSQL will not take; if it takes none at all, refuse them together."""
        if len(batch) == 1 or isinstance(error, _HOPELESS):
            _refuse(batch, error)
            return
        half = len(batch) // 2
        await self._write(batch[:half])
        await self._write(batch[half:])

    async def _insert(self, batch: list[_Append]) -> int:
        """The position of the batch's first event. Keeps trying while the database is away.

        Raises what PostgreSQL has against the batch; then it is certain that nothing of it was recorded.
        """
        columns = _columns(batch)
        pause = 0.05
        while True:
            connection = await self._connected()
            try:
                return int(await connection.fetchval(_INSERT, *columns))
            except Exception as error:
                if _certain(error):
                    raise
                self._abandon(error)
                if found := await self._answer(_FIND, *_ends(batch)):
                    return int(found[0]["position"])
                if not isinstance(error, CONNECTION_LOST):
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)

    async def _answer(self, question: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask until the database answers."""
        while True:
            connection = await self._connected()
            try:
                return await connection.fetch(question, *arguments)
            except Exception as error:
                self._abandon(error)
                await asyncio.sleep(0.05)

    def _abandon(self, error: Exception) -> None:
        log.warning("journal.connection_lost", error=repr(error))
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connected(self) -> asyncpg.Connection:
        """The connection; waits for as long as the database is away."""
        pause = 0.05
        while self._connection is None or self._connection.is_closed():
            try:
                self._connection = await self._open()
            except Exception as error:
                log.warning("journal.database_away", error=repr(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2)
        return self._connection

    async def _open(self) -> asyncpg.Connection:
        """A new connection, when the session of the one before has ended: until then its COMMIT may still happen."""
        connection = await self._connect()
        try:
            session = await connection.fetchrow(
                "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
            )
            if self._session is not None:
                await _until_gone(connection, self._session)
        except BaseException:
            connection.terminate()
            raise
        self._session = session
        return connection


CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,  # this server is no longer the primary
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_CONFLICT = (asyncpg.UniqueViolationError, asyncpg.NotNullViolationError)
_HOPELESS = (asyncpg.InsufficientResourcesError, asyncpg.SyntaxOrAccessError)
"""Disk full, table missing, permission denied: no smaller batch would fare better."""


def _certain(error: Exception) -> bool:
    """Whether an error proves that nothing was recorded; a server that breaks down (PANIC) may have written COMMIT."""
    if not isinstance(error, asyncpg.PostgresError) or isinstance(error, CONNECTION_LOST):
        return False
    severity = getattr(error, "severity_en", None)  # None: asyncpg's own, before anything was sent
    return severity in (None, "ERROR")


async def _until_gone(connection: asyncpg.Connection, session: asyncpg.Record) -> None:
    pid, started = session
    for _ in range(200):
        alive = await connection.fetchval(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2", pid, started
        )
        if alive is None:
            return
        await asyncio.sleep(0.05)
    raise asyncpg.InterfaceError(f"session {pid} of the lost connection does not end")


def _ends(batch: list[_Append]) -> tuple[object, ...]:
    """What _FIND looks for: one statement wrote the batch, so if its first and last event are in place, all are."""
    first, last = batch[0].entries[0], batch[-1].entries[-1]
    return (
        first.event.originator_id,
        first.event.originator_version,
        batch[0].states[0],
        first.evidence.request if first.evidence else None,
        sum(len(append.entries) for append in batch) - 1,
        last.event.originator_id,
        last.event.originator_version,
        batch[-1].states[-1],
    )


def _without(batch: list[_Append], stale: frozenset[str]) -> list[_Append]:
    """The batch without the appends that touch these streams, which fail."""
    kept = [append for append in batch if stale.isdisjoint(append.spans)]
    for append in batch:
        if not stale.isdisjoint(append.spans):
            append.fail(RecordConflictError(f"{', '.join(stale.intersection(append.spans))}: the stream has moved on"))
    return kept


def _refuse(batch: list[_Append], error: Exception) -> None:
    log.error("journal.append_refused", error=repr(error), stream=next(iter(batch[0].spans)), appends=len(batch))
    for append in batch:
        append.fail(JournalUnavailable(str(error)))


def _weight(entries: Sequence[Entry], states: list[bytes]) -> int:
    size = sum(map(len, states))
    for entry in entries:
        if (evidence := entry.evidence) is not None:
            size += len(evidence.request) + len(evidence.reply or b"")
    return len(entries) + (size >> _PAGE)


def _spans(entries: Sequence[Entry]) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    for entry in entries:
        stream, version = entry.event.originator_id, entry.event.originator_version
        before, after = spans.get(stream, (version - 1, version - 1))
        if version != after + 1:
            raise RecordConflictError(f"version {version} of {stream} cannot follow {after}")
        spans[stream] = before, version
    return spans


def _before(batch: list[_Append]) -> tuple[list[str], list[int]]:
    """The streams, and the version each must have for the batch to follow on."""
    versions: dict[str, int] = {}
    for append in batch:
        for stream, (before, _) in append.spans.items():
            versions.setdefault(stream, before)
    return list(versions), list(versions.values())


def _columns(batch: list[_Append]) -> Columns:
    columns: Columns = ([], [], [], [], [], [], [], [])
    streams, versions, befores, topics, states, protocols, requests, replies = columns
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
    checked: set[str] = set()
    for stream, version in zip(streams, versions, strict=True):
        # Later ones of a stream follow on by construction, and the statement cannot see its own rows.
        befores.append(0 if stream in checked else version - 1)
        checked.add(stream)
    return columns
