from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.ocpp.schema import CallFailed
from domain.reservation import Reservation, ReservationBook
from domain.values import IdToken
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

TYPED: dict[str, Any] = {
    "id": 7,
    "expiryDateTime": "2026-11-20T13:00:00+00:00",
    "idToken": "ABC",
    "idTokenType": "ISO14443",
}
EXPIRY = "2026-11-20T13:00:00.000Z"
TOKEN_2 = {"idToken": "ABC", "type": "ISO14443"}
GROUP_2 = {"idToken": "G", "type": "Central"}
SAID: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("1.6", {}, {"connectorId": 0, "expiryDate": EXPIRY, "idTag": "ABC", "reservationId": 7}),
    (
        "1.6",
        {"evseId": 2, "connectorId": 1, "groupId": "G"},
        {"connectorId": 2, "expiryDate": EXPIRY, "idTag": "ABC", "reservationId": 7, "parentIdTag": "G"},
    ),
    ("2.0.1", {}, {"id": 7, "expiryDateTime": EXPIRY, "idToken": TOKEN_2}),
    (
        "2.0.1",
        {"evseId": 2, "groupId": "G"},
        {"id": 7, "expiryDateTime": EXPIRY, "idToken": TOKEN_2, "evseId": 2, "groupIdToken": GROUP_2},
    ),
    (
        "2.0.1",
        {"connectorType": "cType2"},
        {"id": 7, "expiryDateTime": EXPIRY, "idToken": TOKEN_2, "connectorType": "cType2"},
    ),
]


@pytest.mark.parametrize(("version", "more", "expected"), SAID)
def test_it_is_said_in_the_words_of_the_version(version: str, more: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said(version, "ReserveNow", TYPED | more) == ("ReserveNow", expected)


def test_a_type_of_connector_cannot_be_said_in_1_6() -> None:
    with pytest.raises(CallFailed, match="type of connector"):
        said("1.6", "ReserveNow", TYPED | {"connectorType": "cType2"})


@pytest.mark.parametrize("more", [{}, {"evseId": 2, "groupId": "G"}])
async def test_a_reservation_is_noted_as_it_was_made(more: dict[str, Any], line: Line) -> None:
    request = said(line.version.name, "ReserveNow", TYPED | more)[1]
    [event] = await noted(line, "ReserveNow", request, {"status": "Accepted"})
    assert isinstance(event, ReservationBook.Made)
    assert event.reservation == Reservation(
        7,
        datetime(2026, 11, 20, 13, tzinfo=UTC),
        IdToken("ABC", None if line.version.name == "1.6" else "ISO14443"),
        more.get("evseId"),
        more.get("groupId"),
    )


@pytest.mark.parametrize("status", ["Faulted", "Occupied", "Rejected", "Unavailable"])
async def test_a_refusal_is_noted_with_its_reason(status: str, line: Line) -> None:
    request = said(line.version.name, "ReserveNow", TYPED)[1]
    [event] = await noted(line, "ReserveNow", request, {"status": status})
    assert isinstance(event, ReservationBook.Refused)
    assert (event.reservation.id, event.outcome) == (7, status)


async def test_a_number_that_is_none_of_ours_is_not_noted(v16: Line) -> None:
    request = SAID[0][2] | {"reservationId": 2**40}
    assert await noted(v16, "ReserveNow", request, {"status": "Accepted"}) == []
