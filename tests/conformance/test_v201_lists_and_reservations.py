"""OCPP 2.0.1 Local Authorization List and Reservation: cases of the certification test plan, named after their ids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.test_v16_local_list import shown as list_shown
from tests.conformance.test_v16_reservation import shown as reservation_shown
from tests.conformance.tool import Tool, moment

ACCEPTED = {"status": "Accepted"}


@pytest.fixture
def tool(tool201: Tool) -> Tool:
    return tool201


def card(tag: str) -> dict[str, str]:
    return {"idToken": tag, "type": "ISO14443"}


async def send(tool: Tool, update: str, *entries: dict[str, Any]) -> dict[str, Any]:
    heard, command = await tool.asked(
        "sendLocalList", "SendLocalList", ACCEPTED, updateType=update, entries=list(entries)
    )
    assert command["status"] == "ACCEPTED"
    return heard


async def listed(tool: Tool) -> dict[str, str]:
    return {entry["idToken"]: entry["status"] for entry in (await list_shown(tool))["entries"]}


async def reserve(tool: Tool, token: str, status: str = "Accepted", **input: Any) -> dict[str, Any]:
    given = {"idToken": token, "minutes": 30, **input}
    heard, command = await tool.asked("reserveNow", "ReserveNow", {"status": status}, **given)
    assert command["status"] == ("ACCEPTED" if status == "Accepted" else "REJECTED")
    return heard


async def begin(tool: Tool, token: str, number: int) -> dict[str, Any]:
    """Charging begins with a reservation; what the token is answered."""
    answer = await tool.call(
        "TransactionEvent",
        eventType="Started",
        timestamp=moment(),
        triggerReason="Authorized",
        seqNo=0,
        reservationId=number,
        transactionInfo={"transactionId": f"tx-{token}"},
        evse={"id": 1, "connectorId": 1},
        idToken=card(token),
    )
    return dict(answer["idTokenInfo"])


async def test_tc_d_01_csms(tool: Tool, token: str) -> None:
    """A full list; every entry tells what the token may do."""
    assert await send(tool, "FULL", {"idToken": token}) == {
        "versionNumber": 1,
        "updateType": "Full",
        "localAuthorizationList": [{"idToken": card(token), "idTokenInfo": ACCEPTED}],
    }
    assert await listed(tool) == {token: "Accepted"}


async def test_tc_d_02_csms(tool: Tool, token: str) -> None:
    """A differential update has a version above the one that the station has."""
    await tool.asked("getLocalListVersion", "GetLocalListVersion", {"versionNumber": 8})
    heard = await send(tool, "DIFFERENTIAL", {"idToken": token, "status": "Accepted"})
    assert (heard["versionNumber"], heard["updateType"]) == (9, "Differential")
    assert await listed(tool) == {token: "Accepted"}


async def test_tc_d_03_csms(tool: Tool, token: str) -> None:
    """A differential update takes a token off the list."""
    await send(tool, "FULL", {"idToken": token}, {"idToken": "STAYS", "status": "Blocked"})
    heard = await send(tool, "DIFFERENTIAL", {"idToken": token})
    assert heard["localAuthorizationList"] == [{"idToken": card(token)}]
    assert await listed(tool) == {"STAYS": "Blocked"}


async def test_tc_d_04_csms(tool: Tool, token: str) -> None:
    """A full list without entries empties it."""
    await send(tool, "FULL", {"idToken": token})
    assert await send(tool, "FULL") == {"versionNumber": 2, "updateType": "Full"}
    assert await listed(tool) == {}


async def reports(tool: Tool, version: int) -> None:
    heard, _ = await tool.asked("getLocalListVersion", "GetLocalListVersion", {"versionNumber": version})
    assert heard == {}
    assert (await list_shown(tool))["stationVersion"] == version


async def test_tc_d_08_csms(tool: Tool) -> None:
    """The version of the station's list is shown."""
    await reports(tool, 5)


async def test_tc_d_09_csms(tool: Tool) -> None:
    """The station has no list."""
    await reports(tool, 0)


async def test_tc_h_01_csms(tool: Tool, token: str) -> None:
    """An EVSE is reserved, and the reservation is used."""
    heard = await reserve(tool, token, evseId=1)
    assert heard.keys() == {"id", "expiryDateTime", "idToken", "evseId"}
    assert (heard["idToken"], heard["evseId"]) == (card(token), 1)
    assert await begin(tool, token, heard["id"]) == ACCEPTED
    reservation = await reservation_shown(tool, heard["id"])
    assert (reservation["status"], reservation["transactionId"]) == ("USED", f"tx-{token}")


async def test_tc_h_07_csms(tool: Tool, token: str) -> None:
    """The station says that the time of a reservation is over."""
    heard = await reserve(tool, token, evseId=1)
    told = {"reservationId": heard["id"], "reservationUpdateStatus": "Expired"}
    assert await tool.call("ReservationStatusUpdate", **told) == {}
    assert (await reservation_shown(tool, heard["id"]))["status"] == "EXPIRED"


async def test_tc_h_08_csms(tool: Tool, token: str) -> None:
    """Any EVSE is reserved."""
    assert "evseId" not in await reserve(tool, token)


async def test_tc_h_14_csms(tool: Tool, token: str) -> None:
    """Each reservation of any EVSE is one of its own; when all EVSEs are reserved the station refuses the next."""
    first, second = await reserve(tool, token), await reserve(tool, token)
    for evse in (1, 2):
        state = {"timestamp": moment(), "connectorStatus": "Reserved", "evseId": evse, "connectorId": 1}
        assert await tool.call("StatusNotification", **state) == {}
    third = await reserve(tool, token, "Occupied")
    assert len({heard["id"] for heard in (first, second, third)}) == 3
    assert not any("evseId" in heard for heard in (first, second, third))
    shown = [await reservation_shown(tool, heard["id"]) for heard in (first, second, third)]
    assert [reservation["status"] for reservation in shown] == ["ACCEPTED", "ACCEPTED", "REFUSED"]


async def test_tc_h_15_csms(tool: Tool, token: str) -> None:
    """Any EVSE with a type of connector is reserved."""
    heard = await reserve(tool, token, connectorType="cType2")
    assert (heard["connectorType"], "evseId" in heard) == ("cType2", False)


async def test_tc_h_17_csms(tool: Tool, token: str) -> None:
    """A reservation is cancelled by its number."""
    made = await reserve(tool, token, evseId=1)
    heard, _ = await tool.asked("cancelReservation", "CancelReservation", ACCEPTED, reservationId=made["id"])
    assert heard == {"reservationId": made["id"]}
    assert (await reservation_shown(tool, made["id"]))["status"] == "CANCELLED"


async def test_tc_h_19_csms(tool: Tool, token: str) -> None:
    """A reservation for a group is used by another token of it."""
    group, other = {"idToken": f"G-{token}", "type": "Central"}, f"{token}-2"
    for tag in (token, other):
        await tool.api.well("setIdToken", idToken=tag, status="Accepted", groupId=group["idToken"])
    heard = await reserve(tool, token, evseId=1, groupId=group["idToken"])
    assert heard["groupIdToken"] == group
    assert await begin(tool, other, heard["id"]) == {"status": "Accepted", "groupIdToken": group}
    assert (await reservation_shown(tool, heard["id"]))["status"] == "USED"


async def test_tc_h_20_csms(tool: Tool, token: str) -> None:
    """The reserved EVSE has a fault, and the station removes the reservation."""
    heard = await reserve(tool, token, evseId=1)
    state = {"timestamp": moment(), "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1}
    assert await tool.call("StatusNotification", **state) == {}
    fault = {
        "eventId": 1,
        "timestamp": moment(),
        "trigger": "Delta",
        "actualValue": "Faulted",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    assert await tool.call("NotifyEvent", generatedAt=moment(), seqNo=0, eventData=[fault]) == {}
    told = {"reservationId": heard["id"], "reservationUpdateStatus": "Removed"}
    assert await tool.call("ReservationStatusUpdate", **told) == {}
    assert (await reservation_shown(tool, heard["id"]))["status"] == "REMOVED"


async def test_tc_h_22_csms(tool: Tool, token: str) -> None:
    """The station rejects a reservation."""
    heard = await reserve(tool, token, "Rejected", evseId=1)
    assert (await reservation_shown(tool, heard["id"]))["status"] == "REFUSED"
