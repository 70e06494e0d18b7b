"""Security events: what a station noticed that touches its security (2.0.1 A04, Part 2 Appendix 1).

Stream `security:<day>:<station>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import DomainEvent
from domain.books import Book


class SecurityBook(Book):
    KIND = "security"

    @dataclass(frozen=True)
    class EventNotified(DomainEvent):
        """Stations queue these while offline: `occurred_at` may be long before we learned of it."""

        TOPIC = "security.event-notified"
        type: str
        """As the station spells it: 1.6 and 2.0.1 have their own names for some, and vendors have more."""
        occurred_at: datetime
        tech_info: str | None = None
