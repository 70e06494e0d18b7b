"""What happens elsewhere and concerns our stations: commands for them, changed tokens and tariffs, take-overs."""

from __future__ import annotations

import asyncio

import structlog
from eventsourcing.persistence import MapperDeserialisationError

from api.ocpp.connection import GOING_AWAY, StationConnection
from api.ocpp.node import Node
from domain.aggregate import DomainEvent
from domain.events import Command, IdTokenRecord, Station, StationDay, Tariff
from domain.journal import follow
from domain.streams import parse

log = structlog.get_logger(__name__)

_TOPICS = [
    kind.TOPIC
    for kind in (
        Command.Requested,
        IdTokenRecord.Set,
        Tariff.Defined,
        StationDay.Connected,
        Station.CredentialChanged,
        Station.CredentialOffered,
        Station.CredentialWithdrawn,
        Station.RegistrationStatusSet,
        Station.TariffAssigned,
    )
]

_closing: set[asyncio.Task[None]] = set()
"""Held here, since the event loop holds no task."""
_LINGER = 0.03
"""Seconds between two looks: a command can wait as long, and under load a look a commit would cost more than the
commits.
"""


async def follow_journal(node: Node, after: int) -> None:
    """Runs as long as the node does; survives the database going away."""
    position = after
    while True:
        try:
            async for page in follow(node.journal, position, _TOPICS, limit=10_000):
                for recorded in page.recorded:
                    _take_note(node, recorded.event)
                position = page.position
                await asyncio.sleep(_LINGER)
        except MapperDeserialisationError as error:
            # Of a later release, perhaps. What else was in its page is looked up afresh when it is needed.
            log.error("ocpp.feed_unreadable", error=str(error))
            position = await node.journal.head()
            _forget_everything(node)
        except Exception as error:
            log.warning("ocpp.feed_interrupted", error=repr(error))
            await asyncio.sleep(1)


def _forget_everything(node: Node) -> None:
    node.id_tokens.forget_all()
    node.tariffs.forget_all()
    for connection in node.connections.values():
        connection.session.station_stale = True


def _take_note(node: Node, event: DomainEvent) -> None:
    match event:
        case IdTokenRecord.Set():
            node.id_tokens.forget(event.originator_id)
        case Tariff.Defined():
            node.tariffs.forget(event.originator_id)
        case Command.Requested():
            if (connection := node.connections.get(event.station_id)) is not None:
                connection.enqueue(event.originator_id)
        case StationDay.Connected():
            connection = _holder(node, event)
            if connection is not None and event.connection.id != connection.id and event.connection.node != node.id:
                closing = asyncio.create_task(connection.close(GOING_AWAY, "the station connected elsewhere"))
                _closing.add(closing)
                closing.add_done_callback(_closing.discard)
        case _:
            if (connection := _holder(node, event)) is not None:
                connection.session.station_stale = True


def _holder(node: Node, event: DomainEvent) -> StationConnection | None:
    return node.connections.get(parse(event.originator_id).station_id or "")
