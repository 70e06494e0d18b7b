"""What a station has is compared with what it should have, and mended: on request, or after a boot where it is wished.

Stream `reconciliation:<day>:<station>/<id>`. What is sent meanwhile is sent with commands of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.aggregate import Aggregate, DomainEvent
from domain.streams import RECONCILIATION, born


class Cause(StrEnum):
    OPERATOR = "OPERATOR"
    BOOT = "BOOT"
    LIST_REFUSED = "LIST_REFUSED"
    """The station did not take in a change of its local list."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one subject; `commands` are the ids of those that were to mend it."""

    subject: str
    differing: int
    commands: tuple[str, ...] = ()
    problem: str | None = None
    """Why it could not be compared, or not be mended."""


class Reconciliation(Aggregate):
    @dataclass(frozen=True)
    class Requested(DomainEvent):
        TOPIC = "reconciliation.requested"
        cause: Cause
        expires_at: datetime
        """If the station has not come by then, it is not done."""

    @dataclass(frozen=True)
    class Ended(DomainEvent):
        TOPIC = "reconciliation.ended"
        findings: tuple[Finding, ...]

    def __init__(self) -> None:
        self.cause: Cause | None = None
        self.requested_at: datetime | None = None
        self.expires_at: datetime | None = None
        self.ended = False

    @staticmethod
    def stream(station_id: str, id: str, at: datetime) -> str:
        return born(RECONCILIATION, at.date(), station_id, id)

    def request(self, cause: Cause, expires_at: datetime, at: datetime) -> None:
        if not self.exists:
            self.trigger_event(Reconciliation.Requested, cause=cause, expires_at=expires_at, timestamp=at)

    def end(self, findings: tuple[Finding, ...], at: datetime) -> None:
        if not self.ended:
            self.trigger_event(Reconciliation.Ended, findings=findings, timestamp=at)

    def due(self, now: datetime) -> bool:
        """Whether it is to be done, and may be still."""
        return not self.ended and self.expires_at is not None and now < self.expires_at

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case Reconciliation.Requested():
                self.cause, self.requested_at, self.expires_at = event.cause, event.timestamp, event.expires_at
            case Reconciliation.Ended():
                self.ended = True
