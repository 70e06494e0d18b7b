"""What stations answered when they were to go in or out of service, in one day.

Stream `availability:<day>:<station>`. Scheduled means: when the transaction that is running there has ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.values import Evse


class WishOutcome(StrEnum):
    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class AvailabilityBook(Book):
    KIND = "availability"

    @dataclass(frozen=True)
    class ChangeAnswered(DomainEvent):
        TOPIC = "availability.change-answered"
        evse: Evse
        """EVSE 0 is the whole station; without a connector the whole EVSE."""
        operative: bool
        outcome: WishOutcome
