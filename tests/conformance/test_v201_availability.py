"""OCPP 2.0.1 Availability (block G): cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.charging_v201 import Charging, connector_status, is_now
from tests.conformance.tool import Tool, moment

_WISHES = """query($now: String, $station: ID!) {
    availabilityWishes(stationId: $station, atLeastPosition: $now) { evseId connectorId operative outcome }
}"""
_EVENTS = """query($now: String, $station: ID!) {
    events(first: 50, filter: {stationId: $station}, atLeastPosition: $now) { nodes { type data } }
}"""
STATION: dict[str, int] = {}
EVSE = {"evseId": 1}
CONNECTOR = {"evseId": 1, "connectorId": 1}


async def _changes(tool: Tool, where: dict[str, int], operative: bool, answer: str = "Accepted") -> None:
    """The operator puts something in or out of service, and sees what the station answered."""
    heard, command = await tool.asked(
        "changeAvailability", "ChangeAvailability", {"status": answer}, operative=operative, **where
    )
    evse = {"id": where["evseId"], **({"connectorId": 1} if "connectorId" in where else {})} if where else None
    said = {"operationalStatus": "Operative" if operative else "Inoperative"} | ({"evse": evse} if evse else {})
    assert (heard, command["status"]) == (said, "ACCEPTED")
    wishes = (await tool.api.seen(_WISHES, station=tool.id))["availabilityWishes"]
    wish = {"evseId": where.get("evseId"), "connectorId": where.get("connectorId")}
    assert wish | {"operative": operative, "outcome": answer.upper()} in wishes


async def _is_out(tool: Tool, where: dict[str, int]) -> None:
    await _changes(tool, where, operative=False)
    await is_now(tool, "Unavailable")
    assert await connector_status(tool) == "Unavailable"


async def _is_in_again(tool: Tool, where: dict[str, int]) -> None:
    await _is_out(tool, where)
    await _changes(tool, where, operative=True)
    await is_now(tool, "Available")
    assert await connector_status(tool) == "Available"


async def _is_out_after_the_transaction(tool: Tool, where: dict[str, int], token: str) -> None:
    charging = Charging(tool)
    await charging.flows(token)
    await _changes(tool, where, operative=False, answer="Scheduled")
    assert await connector_status(tool) == "Occupied"
    await charging.accepted("Ended", "StopAuthorized", token, "EVConnected")
    await is_now(tool, "Unavailable")
    assert await connector_status(tool) == "Unavailable"


async def test_tc_g_03_csms(tool201: Tool) -> None:
    """An EVSE goes out of service."""
    await _is_out(tool201, EVSE)


async def test_tc_g_04_csms(tool201: Tool) -> None:
    """An EVSE goes into service."""
    await _is_in_again(tool201, EVSE)


async def test_tc_g_05_csms(tool201: Tool) -> None:
    """A station goes out of service."""
    await _is_out(tool201, STATION)


async def test_tc_g_06_csms(tool201: Tool) -> None:
    """A station goes into service."""
    await _is_in_again(tool201, STATION)


async def test_tc_g_07_csms(tool201: Tool) -> None:
    """A connector goes out of service."""
    await _is_out(tool201, CONNECTOR)


async def test_tc_g_08_csms(tool201: Tool) -> None:
    """A connector goes into service."""
    await _is_in_again(tool201, CONNECTOR)


async def test_tc_g_11_csms(tool201: Tool, token: str) -> None:
    """An EVSE goes out of service when its transaction has ended."""
    await _is_out_after_the_transaction(tool201, EVSE, token)


async def test_tc_g_14_csms(tool201: Tool, token: str) -> None:
    """A station goes out of service when its transaction has ended."""
    await _is_out_after_the_transaction(tool201, STATION, token)


async def test_tc_g_17_csms(tool201: Tool, token: str) -> None:
    """A connector goes out of service when its transaction has ended."""
    await _is_out_after_the_transaction(tool201, CONNECTOR, token)


@pytest.mark.parametrize("problem", ["true", "false"])
async def test_tc_g_20_csms(problem: str, tool201: Tool) -> None:
    """The lock of a plug does not close; the operator finds it in the history."""
    fault: dict[str, Any] = {
        "eventId": 1,
        "timestamp": moment(),
        "trigger": "Alerting",
        "actualValue": problem,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    assert await tool201.call("NotifyEvent", generatedAt=moment(), seqNo=0, eventData=[fault]) == {}
    events = (await tool201.api.seen(_EVENTS, station=tool201.id))["events"]["nodes"]
    [told] = [event["data"]["events"] for event in events if event["type"] == "day.events-notified"]
    assert [(e["component"], e["variable"], e["value"]) for e in told] == [
        ("ConnectorPlugRetentionLock", "Problem", problem)
    ]
