"""Sends a command to a station: said in its version, claimed in the journal, sent once, and brought to an end."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import structlog
from eventsourcing.persistence import RecordConflictError
from websockets.exceptions import ConnectionClosed

from api.ocpp import registry, schema
from api.ocpp.frame import encode_call
from api.ocpp.parts import in_order, parts_of
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

_ACCEPTING = frozenset({"Accepted", "Scheduled", "Unlocked", "RebootRequired", "AcceptedCanceled", "Unpublished"})
"""Statuses by which a station says that it does or will do what was asked; an answer without a status is a yes."""
_NONE_IS_AN_ANSWER = frozenset(
    {
        ("GetInstalledCertificateIds", "NotFound"),
        ("GetDisplayMessages", "Unknown"),
        ("GetMonitoringReport", "EmptyResultSet"),
    }
)
"""Statuses by which it says that there are none of what it was asked for: the list is empty, nothing was refused."""

_INVITING = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})

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
    try:
        action, parts = _parts(command, connection)
    except (CallFailed, LookupError, TypeError, ValueError) as failure:
        command.fail(f"not sent: {failure}", node.clock())
        await _record(connection, command, None)
        return
    for number, part in enumerate(parts):
        if number:
            command = await load(node.journal, Command, stream)
        if not await _send(command, connection, action, part, number, len(parts)):
            return


class _Part(NamedTuple):
    """`said` is what the station hears, `payload` and `text` are what the journal has."""

    message_id: str
    said: dict[str, Any]
    payload: dict[str, Any]
    text: bytes


def _parts(command: Command, connection: StationConnection) -> tuple[str, list[_Part]]:
    """The calls that a command takes, in the station's words and fit to be sent."""
    session, version = connection.session, connection.session.version
    action, payload = _say(command, version)
    parts = parts_of(version, action, payload, session.station) if command.typed else [payload]
    found = []
    for part in parts:
        said = spoken(part, connection.node.pepper, session.station_id)
        schema.check_request(version, action, said)
        message_id, recorded = str(uuid4()), recorded_as(part)
        found.append(_Part(message_id, said, recorded, encode_call(message_id, action, recorded)))
    return action, found


async def _send(
    command: Command, connection: StationConnection, action: str, part: _Part, number: int, parts: int
) -> bool:
    """Send one part and see to its answer; whether the next one is to follow."""
    node, protocol, now = connection.node, connection.session.version.subprotocol, connection.node.clock()
    answer_by = now + timedelta(seconds=node.answer_timeout)
    if number:
        claimed = command.send_part(
            message_id=part.message_id, action=action, payload=part.payload, answer_by=answer_by, at=now
        )
    else:
        claimed = command.send(
            message_id=part.message_id,
            action=action,
            payload=part.payload,
            protocol=protocol,
            answer_by=answer_by,
            at=now,
            parts=parts,
        )
    try:
        recorded = await _record(connection, command, Evidence(protocol, part.text))
        if not (claimed and recorded):
            return False
        if action in _INVITING:
            connection.session.invited.add(part.said["requestedMessage"])
        answer = await connection.call(part.message_id, action, part.said)
    except (ConnectionClosed, ConnectionError):
        command.fail("the connection closed before the station answered", node.clock())
        await _record(connection, command, None)
        return False
    if answer is None:
        command.time_out(node.clock())
        await _record(connection, command, None)
        return False
    incoming, raw = answer
    evidence = Evidence(protocol, part.text, raw.encode())
    last = number + 1 == parts
    settle = partial(_settle, command.id, connection, action, part.payload, incoming, evidence, last)
    with suppress(ConnectionError):  # not recorded: the caretaker will end the command
        await connection.in_turn(settle)
        return not last
    return False


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
    last: bool,
) -> None:
    """Turn the station's answer into the command's end, and into what follows from it, in one append."""
    session, node = connection.session, connection.node
    for _ in range(5):
        command = await load(node.journal, Command, stream)
        session.begin()
        await _decide(command, session, action, payload, answer, last)
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
    command: Command, session: StationSession, action: str, payload: dict[str, Any], answer: Answer, last: bool
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
    accepted = _accepts(action, answer.payload)
    if last or (not accepted and in_order(session.version, action)):
        command.answer(answer.payload, accepted=accepted, at=session.now)
    else:
        command.answer_part(answer.payload, accepted=accepted, at=session.now)
    try:
        await registry.read_answer(session, action, payload, answer.payload)
    except Exception:  # the command has ended all the same
        log.exception("ocpp.answer_not_understood", station=session.station_id, action=action)
        await session.load()
        session.begin()


def _accepts(action: str, payload: dict[str, Any]) -> bool:
    return _statuses(payload) <= _ACCEPTING or (action, payload.get("status")) in _NONE_IS_AN_ANSWER


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
