"""Group commit: everything that arrives while one commit is in flight goes into the next, as one INSERT.

A conflict fails only the append that caused it. When the connection is lost during COMMIT the outcome is unknown; it is
found out before anything else is written, so nothing is lost and nothing is written twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import perf_counter

import asyncpg
import structlog

from app.journal.batch import Append, columns_of, ends, predecessors, span_of, weight_of, without
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
            string_to_array($1, E'\\n'), string_to_array($2, E'\\n')::bigint[], string_to_array($3, E'\\n')::bigint[],
            string_to_array($4, E'\\n'), string_to_array($5, E'\\n', ''), $6::bytea[], $7::bytea[], $8::bytea[]
        ) WITH ORDINALITY AS e(stream, version, before, topic, protocol, state, request, reply, ordinal)
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
_ATTEMPTS = 10
"""At an INSERT that conflicts with nothing one can see: another node's, seen a moment later."""


class GroupCommit:
    """One writer connection; `append` is called by any number of tasks of one event loop."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        committed: Callable[[int, list[Append]], None],
        max_waiting: int = 20_000,
    ) -> None:
        self._connect = connect
        self._committed = committed
        self._max_waiting = max_waiting
        self._queue: list[Append] = []
        self._in_hand: list[Append] = []
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
        append = Append(entries, states, weight_of(entries, states), *span_of(entries), done)
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
            with _watched():
                self.observe_commit(perf_counter() - started, sum(len(append.entries) for append in self._in_hand))
            self._in_hand = []

    def _take(self) -> list[Append]:
        """The next batch: it ends where it weighs enough, or before an append that does not follow on from it."""
        weight = 0
        versions: dict[str, int] = {}
        for count, append in enumerate(self._queue):
            weight += append.weight
            if count and (weight > _MAX_BATCH or not append.follows(versions)):
                break
            versions.update(append.after)
        else:
            count = len(self._queue)
        batch, self._queue = self._queue[:count], self._queue[count:]
        return batch

    async def _write(self, batch: list[Append]) -> None:
        """Write a batch and tell each append its outcome, whatever happens."""
        attempts = 0
        while batch:
            try:
                position = await self._insert(batch)
            except _CONFLICT as error:
                stale = await self._answer(_STALE, *predecessors(batch))
                attempts += not stale
                if attempts == _ATTEMPTS:
                    _refuse(batch, error)
                    return
                batch = without(batch, frozenset(row["stream"] for row in stale))
            except Exception as error:
                await self._halve(batch, error)
                return
            else:
                with _watched():
                    self._committed(position, batch)
                for append in batch:
                    position += len(append.entries)
                    if not append.done.done():
                        append.done.set_result(position - 1)
                return

    async def _halve(self, batch: list[Append], error: Exception) -> None:
        """Find the append that PostgreSQL will not take; if it takes none at all, refuse them together."""
        if len(batch) == 1 or isinstance(error, _HOPELESS):
            _refuse(batch, error)
            return
        half = len(batch) // 2
        await self._write(batch[:half])
        await self._write(batch[half:])

    async def _insert(self, batch: list[Append]) -> int:
        """The position of the batch's first event. Keeps trying while the database is away.

        Raises what PostgreSQL has against the batch; then it is certain that nothing of it was recorded.
        """
        columns = columns_of(batch)
        pause = 0.05
        while True:
            connection = await self._connected()
            try:
                return int(await connection.fetchval(_INSERT, *columns))
            except Exception as error:
                if _certain(error):
                    raise
                self._abandon(error)
                if found := await self._answer(_FIND, *ends(batch)):
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


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """Whoever looks on must not stop the writing."""
    try:
        yield
    except Exception:
        log.exception("journal.observer_failed")


def _refuse(batch: list[Append], error: Exception) -> None:
    log.error("journal.append_refused", error=repr(error), stream=next(iter(batch[0].before)), appends=len(batch))
    for append in batch:
        append.fail(JournalUnavailable(str(error)))
