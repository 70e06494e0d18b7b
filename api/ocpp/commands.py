"""Sends a command to a station: said in its version, claimed in the journal, sent once, and brought to an end."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from eventsourcing.persistence import RecordConflictError
from websockets.exceptions import ConnectionClosed

from api.ocpp import registry, schema
from api.ocpp.frame import encode_call
from api.ocpp.receive import OwnershipLost
from api.ocpp.rpc import Answer
from api.ocpp.schema import CallFailed
from api.ocpp.sealed import recorded_as, spoken
from api.ocpp.versions import Version
from domain.aggregate import DomainEvent
from domain.command import Command
from domain.journal import Entry, Evidence, JournalUnavailable, load
from domain.streams import COMMAND

if TYPE_CHECKING:
    from api.ocpp.connection import StationConnection
    from api.ocpp.session import StationSession

log = structlog.get_logger(__name__)

_ACCEPTING = frozenset({"Accepted", "Scheduled", "Unlocked", "RebootRequired", "AcceptedCanceled"})
"""Statuses by which a station says that it does or will do what was asked; an answer without a status is a yes."""

_LOOK_BACK = 20
"""How many of a station's latest commands are looked at when it connects, for some that wait to be sent."""


async def waiting_commands(connection: StationConnection) -> list[str]:
    """Commands asked for while the station was away, oldest first."""
    node = connection.node
    streams = await node.journal.streams_of(COMMAND, connection.session.station_id, _LOOK_BACK)
    return [s for s in reversed(streams) if (await load(node.journal, Command, s)).status == "REQUESTED"]


async def run_command(stream: str, connection: StationConnection) -> None:
    """From Requested to its end. Does nothing if another node has claimed it or it is over already."""
    node = connection.node
    command = await load(node.journal, Command, stream)
    version = connection.session.version
    message_id = str(uuid4())
    try:
        action, payload = _say(command, version)
        said = spoken(payload, node.pepper, connection.session.station_id)
        schema.check_request(version, action, said)
        payload = recorded_as(payload)
        text = encode_call(message_id, action, payload)
    except (CallFailed, LookupError, TypeError, ValueError) as failure:
        command.fail(f"not sent: {failure}", node.clock())
        await _record(connection, command, None)
        return
    now = node.clock()
    claimed = command.send(
        message_id=message_id,
        action=action,
        payload=payload,
        protocol=version.subprotocol,
        answer_by=now + timedelta(seconds=node.answer_timeout),
        at=now,
    )
    try:
        recorded = await _record(connection, command, Evidence(version.subprotocol, text))
        if not (claimed and recorded):
            return
        answer = await connection.call(message_id, action, said)
    except (ConnectionClosed, ConnectionError):
        command.fail("the connection closed before the station answered", node.clock())
        await _record(connection, command, None)
        return
    if answer is None:
        command.time_out(node.clock())
        await _record(connection, command, None)
        return
    incoming, raw = answer
    evidence = Evidence(version.subprotocol, text, raw.encode())
    with suppress(ConnectionError):  # not recorded: the caretaker will end the command
        await connection.in_turn(lambda: _settle(stream, connection, action, payload, incoming, evidence))


def _say(command: Command, version: Version) -> tuple[str, dict[str, Any]]:
    """The action and payload in the station's words: a typed command is translated, a free one goes as it is."""
    if not command.typed:
        return command.action, command.payload
    sender = registry.SENDERS.get((version.name, command.action))
    if sender is None:
        raise CallFailed("NotSupported", f"OCPP {version.name} cannot say {command.action}")
    return sender(command.payload)


async def _settle(
    stream: str,
    connection: StationConnection,
    action: str,
    payload: dict[str, Any],
    answer: Answer,
    evidence: Evidence,
) -> None:
    """Turn the station's answer into the command's end, and into what follows from it, in one append."""
    session, node = connection.session, connection.node
    for _ in range(5):
        command = await load(node.journal, Command, stream)
        session.begin()
        await _decide(command, session, action, payload, answer)
        ended: list[DomainEvent] = command.collect_events()
        try:
            await node.journal.append([*(Entry(event, evidence) for event in ended), *session.entries(None)])
        except RecordConflictError:
            await session.load()
            if session.day.connection is None or session.day.connection.id != connection.id:
                raise OwnershipLost(session.station_id) from None
        else:
            if ended:
                node.counters.message(session.version.name, command.action, ended[-1].TOPIC)
            return
    raise JournalUnavailable(f"the streams of {session.station_id} keep changing")


async def _decide(
    command: Command, session: StationSession, action: str, payload: dict[str, Any], answer: Answer
) -> None:
    """An answer against the schema fails the command alone."""
    if answer.error is not None:
        command.fail(f"{answer.error.code}: {answer.error.description}", session.now)
        return
    try:
        schema.check_response(session.version, action, answer.payload)
    except CallFailed as failure:
        command.fail(f"the station's answer is not valid: {failure.description}", session.now)
        return
    command.answer(answer.payload, accepted=_statuses(answer.payload) <= _ACCEPTING, at=session.now)
    try:
        await registry.read_answer(session, action, payload, answer.payload)
    except Exception:  # the command has ended all the same
        log.exception("ocpp.answer_not_understood", station=session.station_id, action=action)
        await session.load()
        session.begin()


def _statuses(payload: dict[str, Any]) -> set[str]:
    """SetVariables has one for each change, SetVariableMonitoring and ClearVariableMonitoring one for each monitor: all
    have to be accepted (2.0.1 B05, N04, N06).
    """
    monitors = (r["status"] for name in _RESULTS_OF_MONITORS for r in payload.get(name, ()))
    changes = (r["attributeStatus"] for r in payload.get("setVariableResult", ()))
    return {payload.get("status", "Accepted"), *changes, *monitors}


_RESULTS_OF_MONITORS = ("setMonitoringResult", "clearMonitoringResult")


async def _record(connection: StationConnection, command: Command, evidence: Evidence | None) -> bool:
    """Append what was decided about the command; False when somebody else has moved it on."""
    events: list[DomainEvent] = list(command.collect_events())
    if not events:
        return False
    try:
        await connection.node.journal.append([Entry(event, evidence) for event in events])
    except RecordConflictError:
        log.info("ocpp.command_moved_on", command=command.id)
        return False
    connection.node.counters.message(connection.session.version.name, command.action, events[-1].TOPIC)
    return True
