"""A charge detail record: what a session comes to, as it was billed. Issued once and never edited; what is told or put
right later makes the next revision, which takes the place of the one before.

Stream `charge-detail-record:<day>:<station>/<transaction id>`, with the day and name of the transaction's own stream. A
record that somebody has to look at first is held, with what is odd about it, and is no bill until it is released.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.aggregate import Aggregate, DomainEvent
from domain.metering_truth import Certainty, Finding, Point
from domain.rating import Bill
from domain.station import TariffRef
from domain.streams import CHARGE_DETAIL_RECORD, TRANSACTION
from domain.values import Evse, IdToken


class Occasion(StrEnum):
    """Why a revision was issued."""

    ENDED = "ENDED"
    """The transaction ended."""
    TOLD_LATER = "TOLD_LATER"
    """The station told more of it afterwards."""
    RELEASED = "RELEASED"
    """Somebody looked at it and let it go out."""


class NotHeld(ValueError):
    """There is nothing to be released or waived."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a session comes to; energy in Wh, `seconds` from authorisation to the end."""

    started_at: datetime | None
    ended_at: datetime
    energy_wh: int
    seconds: int
    bill: Bill
    evse: Evse | None = None
    id_token: IdToken | None = None
    tariff: TariffRef | None = None
    estimated: bool = False
    """Whether the end is our guess."""
    energy_source: str = "none"
    certainty: Certainty = Certainty.NONE
    findings: tuple[Finding, ...] = ()
    rests_on: tuple[Point, ...] = ()
    """The registers from which the energy follows."""
    held: bool = False
    """Whether a person should look at it first."""


class ChargeDetailRecord(Aggregate):
    @dataclass(frozen=True)
    class Held(DomainEvent):
        TOPIC = "charge-detail-record.held"
        settlement: Settlement

    @dataclass(frozen=True)
    class Issued(DomainEvent):
        """`revision` counts from 1; from 2 on the one before is credited."""

        TOPIC = "charge-detail-record.issued"
        revision: int
        settlement: Settlement
        occasion: Occasion = Occasion.ENDED
        reason: str | None = None
        """What the person who decided it said."""

    @dataclass(frozen=True)
    class Waived(DomainEvent):
        """Nothing is to be paid; what was issued is credited."""

        TOPIC = "charge-detail-record.waived"
        revision: int
        """The one that is credited; 0 if none was issued."""
        reason: str

    def __init__(self) -> None:
        self.revision = 0
        """The latest that was issued; 0 if none was."""
        self.settlement: Settlement | None = None
        """The latest, held or issued."""
        self.held = False
        self.waived = False

    @staticmethod
    def stream(transaction_stream: str) -> str:
        return transaction_stream.replace(TRANSACTION, CHARGE_DETAIL_RECORD, 1)

    def settle(self, settlement: Settlement, at: datetime) -> None:
        """Bill the session, or hold it back. The same again changes nothing; what is told of a session whose bill was
        waived waits for a person too.
        """
        if settlement == self.settlement:
            return
        if settlement.held or self.waived:
            self.trigger_event(ChargeDetailRecord.Held, settlement=settlement, timestamp=at)
        else:
            occasion = Occasion.TOLD_LATER if self.exists else Occasion.ENDED
            self._issue(settlement, occasion, at)

    def release(self, reason: str, at: datetime) -> None:
        """Let a held record go out as it is. Raises NotHeld."""
        if not self.held or self.settlement is None:
            raise NotHeld("the record is not held")
        self._issue(self.settlement, Occasion.RELEASED, at, reason)

    def waive(self, reason: str, at: datetime) -> None:
        """Forget about it. Raises NotHeld if there is nothing to be forgotten."""
        if self.settlement is None or self.waived:
            raise NotHeld("there is nothing to be waived")
        self.trigger_event(ChargeDetailRecord.Waived, revision=self.revision, reason=reason, timestamp=at)

    def _issue(self, settlement: Settlement, occasion: Occasion, at: datetime, reason: str | None = None) -> None:
        self.trigger_event(
            ChargeDetailRecord.Issued,
            revision=self.revision + 1,
            settlement=settlement,
            occasion=occasion,
            reason=reason,
            timestamp=at,
        )

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case ChargeDetailRecord.Held():
                self.settlement, self.held, self.waived = event.settlement, True, False
            case ChargeDetailRecord.Issued():
                self.revision = event.revision
                self.settlement, self.held, self.waived = event.settlement, False, False
            case ChargeDetailRecord.Waived():
                self.held, self.waived = False, True
