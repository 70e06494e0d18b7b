"""Messages for the displays of stations: what they were sent, and what they say they have (2.0.1 O).

Stream `display-messages:<day>:<station>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.values import Evse


@dataclass(frozen=True, slots=True)
class DisplayContent:
    text: str
    format: str
    """2.x MessageFormatEnumType: text, or where to find what is to be shown."""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Display:
    """The component that shows a message, where a station has several."""

    component: str
    instance: str | None = None
    evse: Evse | None = None


@dataclass(frozen=True, slots=True)
class DisplayMessage:
    """A station takes it away by itself at `ends_at`, and when its transaction has ended (O02, O06)."""

    id: int
    priority: str
    content: DisplayContent
    state: str | None = None
    """Shown only while the station is in this state; None: in any."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None
    display: Display | None = None


class DisplayMessageBook(Book):
    KIND = "display-messages"

    @dataclass(frozen=True)
    class SettingAnswered(DomainEvent):
        TOPIC = "display-messages.setting-answered"
        message: DisplayMessage
        outcome: str
        """2.x DisplayMessageStatusEnumType; one with the same id is replaced if it is Accepted."""

    @dataclass(frozen=True)
    class ClearingAnswered(DomainEvent):
        TOPIC = "display-messages.clearing-answered"
        message_id: int
        outcome: str
        """Accepted, or Unknown if there is no such message; 2.1 also Rejected."""

    @dataclass(frozen=True)
    class ReportAnswered(DomainEvent):
        """The station was asked for those messages that fulfil all that is given."""

        TOPIC = "display-messages.report-answered"
        request_id: int
        outcome: str
        """Accepted, or Unknown if it has none of them."""
        ids: tuple[int, ...] = ()
        priority: str | None = None
        state: str | None = None

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        """A part of what was asked for; it may come before the answer is recorded."""

        TOPIC = "display-messages.reported"
        request_id: int
        messages: tuple[DisplayMessage, ...]
        last: bool
