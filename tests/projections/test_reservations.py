"""Reservations and how they ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.aggregate import DomainEvent
from domain.events import ReservationBook, Transaction
from domain.reservation import Reservation
from domain.values import Evse, IdToken
from projections.reservations import (
    ReservationRow,
    ReservationStatus,
    reservations,
    reservations_of,
    reservations_page,
)
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = NOON + timedelta(hours=1)


class Told:
    """A station's book, written in by the minute."""

    def __init__(self, station_id: str = "CS1") -> None:
        self.station_id = station_id
        self.book = ReservationBook.blank(ReservationBook.stream(station_id, NOON.date()))
        self.minute = 0

    def note(self, kind: type[DomainEvent], **told: Any) -> None:
        self.minute += 1
        self.book.trigger_event(kind, timestamp=NOON + timedelta(minutes=self.minute), **told)

    def make(self, number: int = 7, tag: str = "ABC", expires_at: datetime = ONE) -> Told:
        asked = Reservation(number, expires_at, IdToken(tag, "Local"), 2, "G", "c")
        self.note(ReservationBook.Made, reservation=asked)
        return self

    def refuse(self, number: int = 7, outcome: str = "Occupied") -> Told:
        asked = Reservation(number, ONE, IdToken("XYZ"))
        self.note(ReservationBook.Refused, reservation=asked, outcome=outcome)
        return self

    def end(self, number: int, status: str) -> Told:
        self.note(ReservationBook.StatusUpdated, reservation_id=number, status=status)
        return self


def transaction(reservation_id: int | None, *, later: bool = False) -> Transaction:
    begun = Transaction.blank(Transaction.stream("CS1", "42", NOON))
    begun.start(NOON, occurred_at=NOON, evse=Evse(2, 1), reservation_id=None if later else reservation_id)
    if later:
        begun.update(NOON, occurred_at=NOON, trigger_reason="Authorized", reservation_id=reservation_id)
    return begun


async def row(shelf: Shelf, told: Told, *more: Any, number: int = 7) -> ReservationRow:
    await shelf.given(told.book, *more)
    await shelf.show(reservations, batch=1)
    return (await reservations_of(shelf.pool, [(told.station_id, number)]))[told.station_id, number]


async def test_a_reservation_is_active_until_it_expires(shelf: Shelf) -> None:
    shown = await row(shelf, Told().make())
    assert (shown.status, shown.outcome, shown.expires_at, shown.ended_at) == ("ACCEPTED", "Accepted", ONE, None)
    assert (shown.evse_id, shown.id_token, shown.id_token_type, shown.group_id) == (2, "ABC", "Local", "G")
    assert shown.connector_type == "c"
    assert shown.status_at(ONE - timedelta(seconds=1)) is ReservationStatus.ACCEPTED
    assert shown.status_at(ONE) is ReservationStatus.EXPIRED


async def test_a_refused_one_says_why(shelf: Shelf) -> None:
    shown = await row(shelf, Told().refuse(outcome="Unavailable"))
    assert (shown.status, shown.outcome) == ("REFUSED", "Unavailable")
    assert shown.status_at(ONE) is ReservationStatus.REFUSED


@pytest.mark.parametrize("later", [False, True])
async def test_a_transaction_that_names_it_has_used_it(later: bool, shelf: Shelf) -> None:
    shown = await row(shelf, Told().make(), transaction(7, later=later))
    assert (shown.status, shown.transaction_id, shown.ended_at) == ("USED", "42", NOON)
    assert shown.status_at(ONE) is ReservationStatus.USED


@pytest.mark.parametrize("named", [None, 8])
async def test_another_transaction_has_not(named: int | None, shelf: Shelf) -> None:
    assert (await row(shelf, Told().make(), transaction(named))).status == "ACCEPTED"


async def test_it_is_cancelled_when_the_station_says_so(shelf: Shelf) -> None:
    told = Told().make()
    told.note(ReservationBook.CancellationRefused, reservation_id=7, outcome="Rejected")
    shown = await row(shelf, told)
    assert (shown.status, shown.cancel_outcome) == ("ACCEPTED", "Rejected")
    told.note(ReservationBook.Cancelled, reservation_id=7)
    shown = await row(shelf, told)
    assert (shown.status, shown.cancel_outcome, shown.ended_at) == (
        "CANCELLED",
        "Accepted",
        NOON + timedelta(minutes=3),
    )


@pytest.mark.parametrize(("said", "status"), [("Expired", "EXPIRED"), ("Removed", "REMOVED")])
async def test_the_station_may_end_it(said: str, status: str, shelf: Shelf) -> None:
    assert (await row(shelf, Told().make().end(7, said))).status == status


async def test_how_it_ended_first_counts(shelf: Shelf) -> None:
    told = Told().make()
    shown = await row(shelf, told, transaction(7))
    told.end(7, "Expired").note(ReservationBook.Cancelled, reservation_id=7)
    assert await row(shelf, told) == shown


async def test_one_of_the_same_number_replaces_it_unless_it_is_refused(shelf: Shelf) -> None:
    told = Told().make()
    assert (await row(shelf, told.refuse())).id_token == "ABC"
    shown = await row(shelf, told.make(tag="DEF"))
    assert (shown.id_token, shown.status) == ("DEF", "ACCEPTED")
    told.end(7, "Expired").refuse()
    assert (await row(shelf, told)).status == "REFUSED"


async def test_what_is_said_of_an_unknown_one_shows_nothing(shelf: Shelf) -> None:
    told = Told().end(9, "Expired")
    told.note(ReservationBook.Cancelled, reservation_id=9)
    told.note(ReservationBook.CancellationRefused, reservation_id=9, outcome="Rejected")
    await shelf.given(told.book, transaction(9))
    await shelf.show(reservations)
    assert await shelf.rows(reservations, "reservation") == []
    assert await shelf.parked(reservations) == []


async def test_they_come_youngest_first_and_filtered_as_of_now(shelf: Shelf) -> None:
    told = Told().make(1).make(2, tag="abc").make(3, expires_at=NOON).make(4).end(4, "Expired").refuse(5)
    await shelf.given(told.book, Told("CS2").make(6, "Other").book)
    await shelf.show(reservations)

    async def found(now: datetime = NOON, first: int = 9, after: str | None = None, **where: Any) -> list[int]:
        page = await reservations_page(shelf.pool, first, after, now, **where)
        return [row.reservation_id for row in page.rows]

    assert await found(station_id="CS1") == [5, 4, 3, 2, 1]
    assert await found(id_token="Abc") == [4, 3, 2, 1]
    assert await found(station_id="CS1", status=ReservationStatus.ACCEPTED) == [2, 1]
    assert await found(station_id="CS1", status=ReservationStatus.EXPIRED) == [4, 3]
    assert await found(ONE, status=ReservationStatus.ACCEPTED) == []
    assert await found(status=ReservationStatus.REFUSED) == [5]
    [last] = (await reservations_page(shelf.pool, 1, None, NOON, station_id="CS1")).rows
    assert await found(station_id="CS1", after=last.id, first=2) == [4, 3]
