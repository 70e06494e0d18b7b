"""OCPP 1.6 Reservation: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.tool import Tool, moment

RESERVATION = """query ($id: ID!, $number: Int!, $now: String) {
  it: reservation(stationId: $id, reservationId: $number, atLeastPosition: $now) {
    status outcome evseId idToken groupId endedAt transactionId cancelOutcome } }"""


async def shown(tool: Tool, number: int) -> Any:
    """A reservation as the operator sees it."""
    return (await tool.api.seen(RESERVATION, id=tool.id, number=number))["it"]


async def reserve(
    tool: Tool, token: str, status: str = "Accepted", **input: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    given = {"idToken": token, "minutes": 30, "evseId": 1} | input
    return await tool.asked("reserveNow", "ReserveNow", {"status": status}, **given)


async def told(tool: Tool, connector: int, status: str, error: str = "NoError") -> None:
    await tool.call("StatusNotification", connectorId=connector, errorCode=error, status=status)


async def begin(tool: Tool, token: str, number: int) -> int:
    """Charging begins with a reservation; returns the number of the transaction."""
    answer = await tool.call(
        "StartTransaction", connectorId=1, idTag=token, meterStart=100, timestamp=moment(), reservationId=number
    )
    assert answer["idTagInfo"]["status"] == "Accepted"
    return int(answer["transactionId"])


async def refused(tool: Tool, token: str, status: str) -> None:
    heard, command = await reserve(tool, token, status)
    assert heard["connectorId"] == 1
    assert (command["status"], command["response"]) == ("REJECTED", {"status": status})
    reservation = await shown(tool, heard["reservationId"])
    assert (reservation["status"], reservation["outcome"]) == ("REFUSED", status)


async def test_tc_046_csms(tool: Tool, token: str) -> None:
    """A connector is reserved, and used by a transaction that names the reservation."""
    heard, command = await reserve(tool, token)
    number = heard["reservationId"]
    assert heard.keys() == {"connectorId", "expiryDate", "idTag", "reservationId"}
    assert (heard["connectorId"], heard["idTag"]) == (1, token)
    assert command["status"] == "ACCEPTED"
    await told(tool, 1, "Reserved")
    assert (await shown(tool, number))["status"] == "ACCEPTED"
    assert (await tool.call("Authorize", idTag=token))["idTagInfo"]["status"] == "Accepted"
    await told(tool, 1, "Preparing")
    transaction_id = await begin(tool, token, number)
    await told(tool, 1, "Charging")
    reservation = await shown(tool, number)
    assert (reservation["status"], reservation["transactionId"]) == ("USED", str(transaction_id))


async def test_tc_047_csms(tool: Tool, token: str) -> None:
    """A reservation runs out unused; a 1.6 station says so by being available again."""
    ends = datetime.now(UTC) + timedelta(seconds=2)
    heard, _ = await reserve(tool, token, minutes=None, until=ends.isoformat())
    assert heard["expiryDate"] == f"{ends:%Y-%m-%dT%H:%M:%S}.{ends.microsecond // 1000:03d}Z"
    await told(tool, 1, "Reserved")
    assert (await shown(tool, heard["reservationId"]))["status"] == "ACCEPTED"
    await tool.api.until(
        lambda answer: answer["it"]["status"] == "EXPIRED", RESERVATION, id=tool.id, number=heard["reservationId"]
    )
    assert datetime.now(UTC) >= ends
    await told(tool, 1, "Available")
    assert (await shown(tool, heard["reservationId"]))["endedAt"] is not None


async def test_tc_048_1_csms(tool: Tool, token: str) -> None:
    """A faulted connector cannot be reserved."""
    await told(tool, 1, "Faulted", "HighTemperature")
    await refused(tool, token, "Faulted")


async def test_tc_048_2_csms(tool: Tool, token: str) -> None:
    """A connector that is in use cannot be reserved."""
    await told(tool, 1, "Preparing")
    await refused(tool, token, "Occupied")


async def test_tc_048_3_csms(tool: Tool, token: str) -> None:
    """A connector that was put out of service cannot be reserved."""
    heard, command = await tool.asked(
        "changeAvailability", "ChangeAvailability", {"status": "Accepted"}, evseId=1, operative=False
    )
    assert heard == {"connectorId": 1, "type": "Inoperative"}
    assert command["status"] == "ACCEPTED"
    await told(tool, 1, "Unavailable")
    await refused(tool, token, "Unavailable")


async def test_tc_048_4_csms(tool: Tool, token: str) -> None:
    """A station that does not do reservations rejects them."""
    await refused(tool, token, "Rejected")


async def test_tc_049_csms(tool: Tool, token: str) -> None:
    """Connector 0: any connector of the station is kept free."""
    heard, command = await reserve(tool, token, evseId=None)
    assert heard["connectorId"] == 0
    assert command["status"] == "ACCEPTED"
    reservation = await shown(tool, heard["reservationId"])
    assert (reservation["status"], reservation["evseId"]) == ("ACCEPTED", None)
    await begin(tool, token, heard["reservationId"])
    assert (await shown(tool, heard["reservationId"]))["status"] == "USED"


async def test_tc_051_csms(tool: Tool, token: str) -> None:
    """A reservation is cancelled by its number."""
    made, _ = await reserve(tool, token)
    number = made["reservationId"]
    await told(tool, 1, "Reserved")
    heard, command = await tool.asked(
        "cancelReservation", "CancelReservation", {"status": "Accepted"}, reservationId=number
    )
    assert heard == {"reservationId": number}
    assert command["status"] == "ACCEPTED"
    await told(tool, 1, "Available")
    assert (await shown(tool, number))["status"] == "CANCELLED"


async def test_tc_052_csms(tool: Tool, token: str) -> None:
    """The station does not know the number that is cancelled; the reservation there is stands."""
    made, _ = await reserve(tool, token, reservationId=1000)
    assert made["reservationId"] == 1000
    heard, command = await tool.asked(
        "cancelReservation", "CancelReservation", {"status": "Rejected"}, reservationId=1001
    )
    assert heard == {"reservationId": 1001}
    assert (command["status"], command["response"]) == ("REJECTED", {"status": "Rejected"})
    reservation = await shown(tool, 1000)
    assert (reservation["status"], reservation["cancelOutcome"]) == ("ACCEPTED", None)


async def test_tc_053_csms(tool: Tool, token: str) -> None:
    """A reservation for a group is used by another tag of it."""
    group, other = f"G-{token}", f"{token}-2"
    for tag in (token, other):
        await tool.api.well("setIdToken", idToken=tag, status="Accepted", groupId=group)
    heard, command = await reserve(tool, token, groupId=group)
    assert (heard["idTag"], heard["parentIdTag"], heard["connectorId"]) == (token, group, 1)
    assert command["status"] == "ACCEPTED"
    await told(tool, 1, "Reserved")
    answer = await tool.call("Authorize", idTag=other)
    assert answer["idTagInfo"] == {"status": "Accepted", "parentIdTag": group}
    await begin(tool, other, heard["reservationId"])
    reservation = await shown(tool, heard["reservationId"])
    assert (reservation["status"], reservation["idToken"], reservation["groupId"]) == ("USED", token, group)
