"""What stations said when they were asked how a transaction stands, in one day (2.0.1 E14).

Stream `transaction-status:<day>:<station>`.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.aggregate import DomainEvent
from domain.books import Book


class TransactionStatusBook(Book):
    KIND = "transaction-status"

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        TOPIC = "transaction-status.reported"
        transaction_id: str | None
        """None: asked about all that the station has."""
        messages_in_queue: bool
        """Whether the station has messages about it that it could not deliver yet."""
        ongoing: bool | None = None
        """None where the station did not say, as when it was asked about no transaction in particular."""
