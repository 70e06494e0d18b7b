"""Ends what nobody else will: commands that were never sent or answered, connections of processes that died.

Every process that holds stations runs one; what two of them want to end at once, the journal lets only one of them end.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import structlog
from eventsourcing.persistence import RecordConflictError

from api.ocpp.node import Node
from domain.aggregate import Aggregate
from domain.events import Command, StationDay
from domain.journal import Entry, load
from domain.streams import DAY, within
from projections.availability import online_at_nodes
from projections.commands import overdue

log = structlog.get_logger(__name__)

_LEASE = timedelta(seconds=30)
_GRACE = timedelta(seconds=5)
"""Left to the process that owns a command, before others end it."""


async def take_care(node: Node, pool: asyncpg.Pool, *, every: float = 5.0) -> None:
    """Runs as long as the process does."""
    while True:
        try:
            await pool.execute(
                "INSERT INTO node VALUES ($1, now()) ON CONFLICT (node_id) DO UPDATE SET seen_at = now()", node.id
            )
            await end_overdue_commands(node, pool)
            await end_dead_connections(node, pool)
        except Exception as error:
            log.warning("caretaker.failed", error=repr(error))
        await asyncio.sleep(every)


async def end_overdue_commands(node: Node, pool: asyncpg.Pool) -> None:
    now = node.clock()
    for row in await overdue(pool, now - _GRACE):
        command = await load(node.journal, Command, row.stream)
        command.expire(now)
        command.time_out(now)
        await _record(node, command)


async def end_dead_connections(node: Node, pool: asyncpg.Pool) -> None:
    """Stations that read as online at this process but are not, or at one that has not been heard of for a while."""
    query = "SELECT node_id FROM node WHERE seen_at < now() - $1::interval"
    dead = [record["node_id"] for record in await pool.fetch(query, _LEASE)]
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
            await node.journal.append([Entry(event) for event in events])  # type: ignore[arg-type]
        except RecordConflictError:
            log.info("caretaker.somebody_was_faster", stream=aggregate.id)
