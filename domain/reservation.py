"""Connectors kept free for somebody (1.6 §3.9, 2.0.1 H): what was asked of a station, and how it ended.

Stream `reservation:<day>:<station>`. That a reservation was used is told by the transaction that names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.values import IdToken


@dataclass(frozen=True, slots=True)
class Reservation:
    """`evse_id` None is any EVSE of the station. Another token of the group may use it too."""

    id: int
    expires_at: datetime
    id_token: IdToken
    evse_id: int | None = None
    group_id: str | None = None
    connector_type: str | None = None


class ReservationBook(Book):
    KIND = "reservation"

    @dataclass(frozen=True)
    class Made(DomainEvent):
        """One of the same id is replaced."""

        TOPIC = "reservation.made"
        reservation: Reservation

    @dataclass(frozen=True)
    class Refused(DomainEvent):
        """`outcome`: Faulted, Occupied, Rejected or Unavailable."""

        TOPIC = "reservation.refused"
        reservation: Reservation
        outcome: str

    @dataclass(frozen=True)
    class Cancelled(DomainEvent):
        TOPIC = "reservation.cancelled"
        reservation_id: int

    @dataclass(frozen=True)
    class CancellationRefused(DomainEvent):
        TOPIC = "reservation.cancellation-refused"
        reservation_id: int
        outcome: str

    @dataclass(frozen=True)
    class StatusUpdated(DomainEvent):
        """The station ended it by itself; `status`: Expired or Removed (H04)."""

        TOPIC = "reservation.status-updated"
        reservation_id: int
        status: str
