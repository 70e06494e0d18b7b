"""Reservations: what is asked of stations, and how that shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.events import ReservationBook
from domain.reservation import Reservation
from domain.values import IdToken
from tests.api.graphql.conftest import T0, Api

OUTCOME = "command { id action payload } error { code field } position"
SHOW = """
query ($filter: ReservationFilter, $at: String) { reservations(first: 9, filter: $filter, atLeastPosition: $at) {
  nodes { reservationId status endedAt } } }
"""


async def ask(api: Api, mutation: str, **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:] + "Input"
    document = f"mutation ($input: {kind}!) {{ it: {mutation}(input: $input) {{ {OUTCOME} }} }}"
    return (await api.ask(document, input={"stationId": "CS1", "waitSeconds": 0} | input))["it"]


async def reserve(api: Api, **input: Any) -> Any:
    return await ask(api, "reserveNow", **{"idToken": "A", "minutes": 30} | input)


async def test_a_reservation_is_asked_for_in_our_own_words(api: Api) -> None:
    await api.register("CS1")
    until = "2026-11-20T09:00:00+00:00"
    given = {
        "minutes": None,
        "until": until,
        "reservationId": 7,
        "evseId": 2,
        "groupId": "G",
        "connectorType": "cType2",
    }
    asked = await reserve(api, **given, idTokenType="Local")
    assert asked["error"] is None
    assert asked["command"]["action"] == "ReserveNow"
    assert asked["command"]["payload"] == {
        "id": 7,
        "expiryDateTime": until,
        "idToken": "A",
        "idTokenType": "Local",
        "groupId": "G",
        "connectorType": "cType2",
        "evseId": 2,
    }


async def test_number_and_end_are_ours_where_they_are_not_given(api: Api) -> None:
    await api.register("CS1")
    first, again, other = [await reserve(api, idempotencyKey=key) for key in ("k", "k", "l")]
    assert first["command"] == again["command"]
    payloads = [one["command"]["payload"] for one in (first, other)]
    assert payloads[0]["id"] != payloads[1]["id"]
    assert all(0 < payload["id"] < 2**31 for payload in payloads)
    ends = datetime.fromisoformat(payloads[0]["expiryDateTime"])
    assert timedelta(minutes=30) <= ends - T0 < timedelta(minutes=31)
    reused = await reserve(api, idempotencyKey="k", minutes=None, until="2026-11-21T00:00:00Z")
    assert reused["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_any_number_can_be_cancelled(api: Api) -> None:
    await api.register("CS1")
    asked = await ask(api, "cancelReservation", reservationId=12345)
    assert (asked["command"]["action"], asked["command"]["payload"]) == ("CancelReservation", {"reservationId": 12345})
    refused = await ask(api, "cancelReservation", reservationId=-1)
    assert refused["error"] == {"code": "BAD_INPUT", "field": "reservationId"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"minutes": None}, "minutes"),
        ({"until": "2026-11-20T09:00:00Z"}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1e9}, "minutes"),
        ({"minutes": None, "until": "2026-11-20T07:59:00Z"}, "until"),
        ({"minutes": None, "until": "9999-12-31T23:59:59-12:00"}, "until"),
        ({"reservationId": -1}, "reservationId"),
        ({"idToken": ""}, "idToken"),
        ({"idTokenType": ""}, "idTokenType"),
        ({"groupId": ""}, "groupId"),
        ({"connectorType": ""}, "connectorType"),
        ({"evseId": 0}, "evseId"),
    ],
)
async def test_what_cannot_be_reserved_is_refused(given: dict[str, Any], field: str, api: Api) -> None:
    await api.register("CS1")
    assert (await reserve(api, **given))["error"] == {"code": "BAD_INPUT", "field": field}


async def test_reservations_are_shown_as_of_now(api: Api) -> None:
    await api.register("CS1")
    book = ReservationBook.blank(ReservationBook.stream("CS1", T0.date()))
    for number, ends in ((1, T0 + timedelta(days=1)), (2, T0)):
        asked = Reservation(number, ends, IdToken("A", "Local"), 2, "G")
        book.trigger_event(ReservationBook.Made, reservation=asked, timestamp=T0 + timedelta(seconds=number))
    position = await api.record(book)

    async def found(**where: Any) -> list[Any]:
        return list((await api.ask(SHOW, filter=where, at=position))["reservations"]["nodes"])

    active = {"reservationId": 1, "status": "ACCEPTED", "endedAt": None}
    expired = {"reservationId": 2, "status": "EXPIRED", "endedAt": "2026-11-20T08:00:00+00:00"}
    assert await found() == [expired, active]
    assert await found(status="ACCEPTED", stationId="CS1", idToken="a") == [active]
    assert await found(status="EXPIRED") == [expired]
    assert await found(stationId="CS2") == []
    one = await api.ask(
        """{ reservation(stationId: "CS1", reservationId: 1) { stationId station { id } outcome evseId idToken
             idTokenType groupId connectorType expiresAt askedAt transactionId cancelOutcome }
             other: reservation(stationId: "CS1", reservationId: 3) { id } }"""
    )
    assert one == {
        "reservation": {
            "stationId": "CS1",
            "station": {"id": "CS1"},
            "outcome": "Accepted",
            "evseId": 2,
            "idToken": "A",
            "idTokenType": "Local",
            "groupId": "G",
            "connectorType": None,
            "expiresAt": "2026-11-21T08:00:00+00:00",
            "askedAt": "2026-11-20T08:00:01+00:00",
            "transactionId": None,
            "cancelOutcome": None,
        },
        "other": None,
    }
