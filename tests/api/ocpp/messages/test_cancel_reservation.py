from __future__ import annotations

import pytest

from domain.reservation import ReservationBook
from tests.api.ocpp.line import BY_NAME, Line
from tests.api.ocpp.said import noted, said


@pytest.mark.parametrize("version", BY_NAME)
def test_it_is_said_in_the_words_of_the_version(version: str) -> None:
    assert said(version, "CancelReservation", {"reservationId": 7}) == ("CancelReservation", {"reservationId": 7})


async def test_a_cancelled_reservation_is_noted(line: Line) -> None:
    [event] = await noted(line, "CancelReservation", {"reservationId": 7}, {"status": "Accepted"})
    assert isinstance(event, ReservationBook.Cancelled)
    assert event.reservation_id == 7


async def test_a_refusal_is_noted(line: Line) -> None:
    [event] = await noted(line, "CancelReservation", {"reservationId": 7}, {"status": "Rejected"})
    assert isinstance(event, ReservationBook.CancellationRefused)
    assert (event.reservation_id, event.outcome) == (7, "Rejected")
