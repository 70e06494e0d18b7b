"""What we ask of a station, from the wish to its outcome. The journal is the outbox.

Stream `command:<day>:<station>/<command id>`. A command is sent at most once: whoever holds the station's socket
claims it by appending Sent, and two cannot both win. It always ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.aggregate import Aggregate, DomainEvent
from domain.streams import COMMAND, born


class CommandStatus(StrEnum):
    REQUESTED = "REQUESTED"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    ERROR = "ERROR"
    TIMED_OUT = "TIMED_OUT"
    EXPIRED = "EXPIRED"


OPEN = frozenset({CommandStatus.REQUESTED, CommandStatus.SENT})


class Command(Aggregate):
    """One request to one station."""

    @dataclass(frozen=True)
    class Requested(DomainEvent):
        TOPIC = "command.requested"
        station_id: str
        command_id: str
        action: str
        payload: dict[str, Any]
        typed: bool
        """True: `action` and `payload` are in our own words and are said in the station's version when sent."""
        expires_at: datetime
        idempotency_key: str | None = None

    @dataclass(frozen=True)
    class Sent(DomainEvent):
        TOPIC = "command.sent"
        message_id: str
        action: str
        payload: dict[str, Any]
        protocol: str
        answer_by: datetime
        parts: int = 1
        """In how many calls it goes out, because the station takes no more at once. This is the first."""

    @dataclass(frozen=True)
    class PartAnswered(DomainEvent):
        """Another part follows."""

        TOPIC = "command.part-answered"
        accepted: bool
        response: dict[str, Any]

    @dataclass(frozen=True)
    class PartSent(DomainEvent):
        TOPIC = "command.part-sent"
        message_id: str
        action: str
        payload: dict[str, Any]
        answer_by: datetime

    @dataclass(frozen=True)
    class Answered(DomainEvent):
        """The answer to its only part, or to the last."""

        TOPIC = "command.answered"
        accepted: bool
        response: dict[str, Any]

    @dataclass(frozen=True)
    class Failed(DomainEvent):
        TOPIC = "command.failed"
        error: str

    @dataclass(frozen=True)
    class TimedOut(DomainEvent):
        TOPIC = "command.timed-out"

    @dataclass(frozen=True)
    class Expired(DomainEvent):
        TOPIC = "command.expired"

    def __init__(self) -> None:
        self.status: CommandStatus | None = None
        self.station_id = ""
        self.action = ""
        self.payload: dict[str, Any] = {}
        self.typed = False
        self.idempotency_key: str | None = None
        self.sent_payload: dict[str, Any] = {}
        self.expires_at: datetime | None = None
        self.answer_by: datetime | None = None
        self.parts = 1
        self.refused = False
        """Whether a part was, so that the whole is not accepted."""

    @staticmethod
    def stream(station_id: str, command_id: str, at: datetime) -> str:
        return born(COMMAND, at.date(), station_id, command_id)

    def request(
        self,
        *,
        station_id: str,
        command_id: str,
        action: str,
        payload: dict[str, Any],
        typed: bool,
        expires_at: datetime,
        idempotency_key: str | None,
        at: datetime,
    ) -> None:
        if not self.exists:
            self.trigger_event(
                Command.Requested,
                station_id=station_id,
                command_id=command_id,
                action=action,
                payload=payload,
                typed=typed,
                expires_at=expires_at,
                idempotency_key=idempotency_key,
                timestamp=at,
            )

    def send(
        self,
        *,
        message_id: str,
        action: str,
        payload: dict[str, Any],
        protocol: str,
        answer_by: datetime,
        at: datetime,
        parts: int = 1,
    ) -> bool:
        """Claim the command for sending. False: it is no longer waiting (claimed, expired)."""
        if self.status is not CommandStatus.REQUESTED:
            return False
        if self.expires_at is not None and at >= self.expires_at:
            self.trigger_event(Command.Expired, timestamp=at)
            return False
        self.trigger_event(
            Command.Sent,
            message_id=message_id,
            action=action,
            payload=payload,
            protocol=protocol,
            answer_by=answer_by,
            parts=parts,
            timestamp=at,
        )
        return True

    def send_part(
        self, *, message_id: str, action: str, payload: dict[str, Any], answer_by: datetime, at: datetime
    ) -> bool:
        """Go on with the next part. False: the command is over."""
        if self.status is not CommandStatus.SENT:
            return False
        self.trigger_event(
            Command.PartSent,
            message_id=message_id,
            action=action,
            payload=payload,
            answer_by=answer_by,
            timestamp=at,
        )
        return True

    def answer_part(self, response: dict[str, Any], *, accepted: bool, at: datetime) -> None:
        """The station's answer to a part that is not the last."""
        if self.status is CommandStatus.SENT:
            self.trigger_event(Command.PartAnswered, response=response, accepted=accepted, timestamp=at)

    def answer(self, response: dict[str, Any], *, accepted: bool, at: datetime) -> None:
        """The station's answer; one that comes after the time-out still tells what happened, so it is taken."""
        if self.status in (CommandStatus.SENT, CommandStatus.TIMED_OUT):
            accepted = accepted and not self.refused
            self.trigger_event(Command.Answered, response=response, accepted=accepted, timestamp=at)

    def fail(self, error: str, at: datetime) -> None:
        if self.status in (*OPEN, CommandStatus.TIMED_OUT):
            self.trigger_event(Command.Failed, error=error, timestamp=at)

    def time_out(self, at: datetime) -> None:
        if self.status is CommandStatus.SENT:
            self.trigger_event(Command.TimedOut, timestamp=at)

    def expire(self, at: datetime) -> None:
        if self.status is CommandStatus.REQUESTED:
            self.trigger_event(Command.Expired, timestamp=at)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case Command.Requested():
                self.station_id, self.action, self.payload = event.station_id, event.action, event.payload
                self.typed, self.expires_at = event.typed, event.expires_at
                self.idempotency_key = event.idempotency_key
            case Command.Sent():
                self.answer_by, self.parts, self.sent_payload = event.answer_by, event.parts, event.payload
            case Command.PartSent():
                self.answer_by = event.answer_by
            case Command.PartAnswered(accepted=False):
                self.refused = True
        self.status = outcome(event)


def outcome(event: DomainEvent) -> CommandStatus:
    """The status an event leaves a command in."""
    match event:
        case Command.Requested():
            return CommandStatus.REQUESTED
        case Command.Sent() | Command.PartSent() | Command.PartAnswered():
            return CommandStatus.SENT
        case Command.Answered():
            return CommandStatus.ACCEPTED if event.accepted else CommandStatus.REJECTED
        case Command.TimedOut():
            return CommandStatus.TIMED_OUT
        case Command.Expired():
            return CommandStatus.EXPIRED
        case _:
            return CommandStatus.ERROR
