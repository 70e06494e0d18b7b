from __future__ import annotations

import pytest

from domain.reservation import ReservationBook
from tests.api.ocpp.line import Line


@pytest.mark.parametrize("status", ["Expired", "Removed"])
async def test_the_end_of_a_reservation_is_noted(status: str, v201: Line) -> None:
    told = {"reservationId": 3, "reservationUpdateStatus": status}
    assert await v201.call("ReservationStatusUpdate", told) == {}
    [event] = v201.happened
    assert isinstance(event, ReservationBook.StatusUpdated)
    assert (event.reservation_id, event.status) == (3, status)


async def test_a_number_that_is_none_of_ours_is_acknowledged(v201: Line) -> None:
    told = {"reservationId": -3, "reservationUpdateStatus": "Expired"}
    assert await v201.call("ReservationStatusUpdate", told) == {}
    assert v201.kinds == ["day.message-received"]
