"""A CALL from a station: checked, decided, recorded, and only then answered."""

from __future__ import annotations

from collections.abc import Awaitable
from time import perf_counter

import structlog
from eventsourcing.persistence import RecordConflictError

from api.ocpp import leniency, registry, schema
from api.ocpp.frame import Call, encode_error, encode_result
from api.ocpp.rpc import Refusal
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from domain.journal import Evidence, JournalUnavailable
from domain.values import RegistrationStatus

log = structlog.get_logger(__name__)


class OwnershipLost(RuntimeError):
    """Another connection has taken the station over: this one must close without answering."""


async def serve(session: StationSession, call: Call, raw: str, connection_id: str) -> bytes:
    """The text to answer with; when this returns, the message is on disk.

    Raises OwnershipLost, or JournalUnavailable when the message could not be recorded: then nothing may be answered,
    and the station will send it again.
    """
    started = perf_counter()
    for _ in range(5):
        if session.station_stale:
            await session.refresh()
        session.begin()
        reply, outcome = await _decide(session, call)
        try:
            await _record(session, raw, reply)
        except RecordConflictError:
            await session.load()
            if session.day.connection is None or session.day.connection.id != connection_id:
                raise OwnershipLost(session.station_id) from None
        else:
            counters = session.node.counters
            action = call.action if outcome == "answered" or schema.knows(session.version, call.action) else "-"
            counters.message(session.version.name, action, outcome)
            counters.answered(perf_counter() - started)
            return reply
    raise JournalUnavailable(f"the streams of {session.station_id} keep changing")


async def record_refusal(session: StationSession, refusal: Refusal, raw: str) -> None:
    """A message that is no call we could serve is kept all the same, with what we sent for it."""
    session.begin()
    session.day.refuse(None, refusal.code, refusal.description, session.now)
    await _record(session, raw, refusal.reply)
    session.node.counters.message(session.version.name, "-", refusal.code)


async def _decide(session: StationSession, call: Call) -> tuple[bytes, str]:
    try:
        answer = await _handle(session, call)
    except CallFailed as failure:
        return await _refused(session, call, failure), failure.code
    except Exception:
        log.exception("ocpp.handler_failed", station=session.station_id, action=call.action)
        internal = CallFailed("InternalError", "the message could not be processed")
        return await _refused(session, call, internal), internal.code
    if session.undecided:
        session.day.receive(call.action, session.now)
    return encode_result(call.message_id, answer), "answered"


async def _handle(session: StationSession, call: Call) -> registry.Payload:
    receiver = registry.receiver(session.version, call.action)
    if receiver is None:
        if schema.knows(session.version, call.action):
            raise CallFailed("NotSupported", f"{call.action} is not a message from a station")
        raise CallFailed("NotImplemented", f"{call.action[:50]} is not known in OCPP {session.version.name}")
    repairs: list[str] = []
    if session.station.lenient:
        repairs = leniency.repair(session.version, call.action, call.payload, session.now)
    else:
        schema.check_request(session.version, call.action, call.payload)
    if not (session.station.accepted or call.action == "BootNotification" or _invited(session, call.action)):
        raise CallFailed("SecurityError", "the station has not been accepted yet: send a BootNotification first")
    answer = await receiver(session, call.payload)
    if repairs:
        session.day.repair(call.action, tuple(repairs), session.now)
    return answer


def _invited(session: StationSession, action: str) -> bool:
    """Whether a pending station sends what it was asked for: a triggered message, or a report (B02)."""
    pending = session.station.boot_status is RegistrationStatus.PENDING
    return pending and (action == "NotifyReport" or action in session.invited)


async def _refused(session: StationSession, call: Call, failure: CallFailed) -> bytes:
    if not session.undecided:
        await session.load()
        session.begin()
    session.day.refuse(call.action[:50], failure.code, failure.description[:255], session.now)
    return encode_error(call.message_id, failure.code, failure.description, session.version)


def _record(session: StationSession, raw: str, reply: bytes | None) -> Awaitable[int]:
    evidence = Evidence(session.version.subprotocol, raw.encode(), reply)
    return session.node.journal.append(session.entries(evidence))
