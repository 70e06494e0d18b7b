"""Ends what nobody else will: commands that were never sent or answered, connections of processes that died.

Every process that holds stations runs one; what two of them want to end at once, the journal lets only one of them end.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from time import monotonic

import asyncpg
import structlog
from eventsourcing.persistence import MapperDeserialisationError, RecordConflictError

from api.ocpp.node import Node
from app.cleared_customers import clear_local_lists
from domain.aggregate import Aggregate
from domain.command import CommandStatus
from domain.events import Command, StationDay
from domain.journal import Entry, load
from domain.streams import DAY, within
from projections.availability import online_at_nodes
from projections.commands import overdue

log = structlog.get_logger(__name__)

_LEASE = timedelta(seconds=30)
_LOOK_FOR_SILENCE = 300
"""Seconds between two looks for transactions of which nothing is heard."""
_GRACE = timedelta(seconds=5)
"""Left to the process that owns a command, before others end it."""


async def take_care(node: Node, pool: asyncpg.Pool, *, every: float = 5.0) -> None:
    """Runs as long as the process does.

    Others are judged only after a whole lease in touch with the database: when it was away they all look dead.
    """
    since = last = monotonic()
    silence_due = since + _LOOK_FOR_SILENCE
    while True:
        now = monotonic()
        try:
            await pool.execute(
                "INSERT INTO node VALUES ($1, now()) ON CONFLICT (node_id) DO UPDATE SET seen_at = now()", node.id
            )
            since, last = (now if now - last > _LEASE.total_seconds() / 2 else since), now
            await end_overdue_commands(node, pool)
            if now >= silence_due:
                silence_due = now + _LOOK_FOR_SILENCE
                await suspect_silent_transactions(node)
            await close_suspected_transactions(node)
            await end_dead_connections(node, pool, others=now - since > _LEASE.total_seconds())
            await clear_local_lists(node, pool)
        except Exception as error:
            log.warning("caretaker.failed", error=repr(error))
        await asyncio.sleep(every)


async def end_overdue_commands(node: Node, pool: asyncpg.Pool) -> None:
    due = node.clock() - _GRACE
    for row in await overdue(pool, due):
        try:
            command = await load(node.journal, Command, row.stream)
        except MapperDeserialisationError as error:  # the others shall end all the same
            log.error("caretaker.command_unreadable", stream=row.stream, error=repr(error))
            continue
        # The read model may be behind: what counts is what the journal says.
        if command.status is CommandStatus.REQUESTED and command.expires_at and command.expires_at < due:
            command.expire(node.clock())
        if command.status is CommandStatus.SENT and command.answer_by and command.answer_by < due:
            command.time_out(node.clock())
        await _record(node, command)


async def suspect_silent_transactions(node: Node) -> None:
    """Transactions of the stations that are connected here, of which nothing has been heard for long."""
    since = node.clock() - timedelta(seconds=node.transaction_silence)
    for connection in list(node.connections.values()):
        with contextlib.suppress(ConnectionError):
            await connection.suspect_silent(since)


async def close_suspected_transactions(node: Node) -> None:
    """Transactions of the stations that are connected here, whose end seems to have been lost."""
    before = node.clock() - timedelta(seconds=node.transaction_grace)
    for connection in list(node.connections.values()):
        with contextlib.suppress(ConnectionError):  # the next connection of the station will see to it
            await connection.close_suspected(before)


async def end_dead_connections(node: Node, pool: asyncpg.Pool, *, others: bool = True) -> None:
    """Stations that read as online at this process but are not, or at one that has not been heard of for a while."""
    query = "SELECT node_id FROM node WHERE seen_at < now() - $1::interval AND node_id <> $2"
    dead = [record["node_id"] for record in await pool.fetch(query, _LEASE, node.id)] if others else []
    for row in await online_at_nodes(pool, [*dead, node.id]):
        held = node.connections.get(row.station_id)
        if row.connection_id is None or (held is not None and held.id == row.connection_id):
            continue
        await _disconnect(node, row.station_id, row.connection_id)


async def _disconnect(node: Node, station_id: str, connection_id: str) -> None:
    stream = await node.journal.latest_stream(DAY, within(station_id))
    if stream is None:
        return
    now = node.clock()
    day = await load(node.journal, StationDay, stream)
    if StationDay.stream(station_id, now.date()) > day.id:
        if day.connection is None or day.connection.id != connection_id:
            return
        day = StationDay.open(station_id, day, now)
    day.disconnect(connection_id, "the process that held the connection ended", now)
    await _record(node, day)


async def _record(node: Node, aggregate: Aggregate) -> None:
    events = aggregate.collect_events()
    if events:
        try:
            await node.journal.append([Entry(event) for event in events])
        except RecordConflictError:
            log.info("caretaker.somebody_was_faster", stream=aggregate.id)
