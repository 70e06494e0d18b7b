"""What a 2.0.1 station says of reservations."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v201 import call

NAME = "SIM-0001"
TOKEN = {"idToken": "A", "type": "ISO14443"}


@pytest.fixture
async def two(csms: Any) -> Any:
    async with csms.fleet(version="2.0.1", sessions=0, speed=1200.0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[1:])
        yield csms


async def reserve(csms: Any, number: int, evse_id: int | None = None) -> str:
    asked = call.ReserveNow(id=number, expiry_date_time="2030-01-01T00:00:00Z", id_token=TOKEN, evse_id=evse_id)
    return str((await csms.ask(NAME, asked)).status)


async def test_reservations_are_kept_and_cancelled(two: Any) -> None:
    assert [await reserve(two, 1, 1), await reserve(two, 2, 9), await reserve(two, 3)] == [
        "Accepted",
        "Rejected",
        "Accepted",
    ]
    cancelled = [(await two.ask(NAME, call.CancelReservation(number))).status for number in (3, 3, 2)]
    assert cancelled == ["Accepted", "Rejected", "Rejected"]


async def test_what_is_out_of_service_is_not_reserved(two: Any) -> None:
    await two.ask(NAME, call.ChangeAvailability("Inoperative", {"id": 1}))
    assert [await reserve(two, 1, 1), await reserve(two, 2)] == ["Unavailable", "Accepted"]
