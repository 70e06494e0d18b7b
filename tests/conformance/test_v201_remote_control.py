"""OCPP 2.0.1 Remote control (block F): cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.charging_v201 import (
    ACCEPTED,
    Charging,
    authorizes,
    card,
    connector_status,
    is_now,
    sampled,
    the_transaction,
)
from tests.conformance.tool import Tool, moment


async def _started(tool: Tool, token: str) -> int:
    """The operator starts charging from afar; the number that the station is to name with what follows."""
    heard, command = await tool.asked("remoteStart", "RequestStartTransaction", ACCEPTED, idToken=token, evseId=1)
    number: int = heard.pop("remoteStartId")
    assert (heard, command["status"]) == ({"idToken": card(token), "evseId": 1}, "ACCEPTED")
    return number


async def _is_remote(tool: Tool, number: int, token: str, state: str = "ACTIVE") -> None:
    transaction = await the_transaction(tool)
    assert (transaction["remoteStartId"], transaction["idToken"]) == (number, token)
    assert (transaction["authorizationStatus"], transaction["state"]) == ("Accepted", state)


async def test_tc_f_01_csms(tool201: Tool, token: str) -> None:
    """Start from afar, the cable is in already."""
    charging = Charging(tool201)
    await charging.plugs_in()
    number = await _started(tool201, token)
    await charging.accepted("Updated", "RemoteStart", token, info={"remoteStartId": number})
    assert await charging.says("Updated", "ChargingStateChanged", "Charging") == {}
    await _is_remote(tool201, number, token)


async def test_tc_f_02_csms(tool201: Tool, token: str) -> None:
    """Start from afar before the cable is in, at a station that asks about the token all the same."""
    number = await _started(tool201, token)
    await authorizes(tool201, token)
    charging = Charging(tool201)
    await charging.accepted("Started", "RemoteStart", token, "Idle", info={"remoteStartId": number})
    await is_now(tool201, "Occupied")
    assert await charging.says("Updated", "CablePluggedIn", "EVConnected", placed=True) == {}
    await _is_remote(tool201, number, token)


async def test_tc_f_03_csms(tool201: Tool, token: str) -> None:
    """Start from afar before the cable is in, at a station that takes our word for the token and its group."""
    heard, command = await tool201.asked(
        "remoteStart", "RequestStartTransaction", ACCEPTED, idToken=token, groupId="FLEET"
    )
    number = heard.pop("remoteStartId")
    assert (heard, command["status"]) == (
        {"idToken": card(token), "groupIdToken": card("FLEET", "Central")},
        "ACCEPTED",
    )
    charging = Charging(tool201)
    await charging.accepted("Started", "RemoteStart", token, "Idle", info={"remoteStartId": number})
    await is_now(tool201, "Occupied")
    assert await charging.says("Updated", "CablePluggedIn", "EVConnected", placed=True) == {}
    assert await charging.says("Updated", "ChargingStateChanged", "Charging") == {}
    await _is_remote(tool201, number, token)


async def test_tc_f_04_csms(tool201: Tool, token: str) -> None:
    """Start from afar, but no cable comes in time."""
    number = await _started(tool201, token)
    charging = Charging(tool201)
    await charging.accepted("Started", "RemoteStart", token, "Idle", info={"remoteStartId": number})
    await charging.says("Ended", "EVConnectTimeout", "Idle", info={"stoppedReason": "Timeout"})
    await _is_remote(tool201, number, token, "ENDED")


async def test_tc_f_06_csms(tool201: Tool) -> None:
    """A plug is released."""
    heard, command = await tool201.asked("unlockConnector", "UnlockConnector", {"status": "Unlocked"}, evseId=1)
    assert (heard, command["status"]) == ({"evseId": 1, "connectorId": 1}, "ACCEPTED")


async def _triggers(tool: Tool, message: str, answer: str = "Accepted", **where: int) -> dict[str, Any]:
    """The operator asks for a message. Returns where the station was told that it is about."""
    heard, command = await tool.asked(
        "triggerMessage", "TriggerMessage", {"status": answer}, requestedMessage=message, **where
    )
    assert heard.pop("requestedMessage") == message
    assert command["status"] == ("ACCEPTED" if answer == "Accepted" else "REJECTED")
    return heard


async def _meters(tool: Tool, *evses: int) -> None:
    for evse in evses:
        values = sampled(moment(), 1000, context="Trigger")
        assert await tool.call("MeterValues", evseId=evse, meterValue=values) == {}


async def test_tc_f_11_csms(tool201: Tool) -> None:
    """Meter values of one EVSE are asked for, and come."""
    assert await _triggers(tool201, "MeterValues", evseId=1) == {"evse": {"id": 1}}
    await _meters(tool201, 1)


async def test_tc_f_12_csms(tool201: Tool) -> None:
    """Meter values of all EVSEs are asked for, and come."""
    assert await _triggers(tool201, "MeterValues") == {}
    await _meters(tool201, 1, 2)


async def _reports(charging: Charging) -> None:
    """The message of a transaction that was asked for, with its state and its meter."""
    values = sampled(moment(), 1500, context="Trigger")
    assert await charging.says("Updated", "Trigger", "Charging", meterValue=values) == {}
    running = await the_transaction(charging.tool)
    assert [value["registerWh"] for value in running["meterValues"]["nodes"]] == [1500]


async def test_tc_f_13_csms(tool201: Tool, token: str) -> None:
    """The transaction of one EVSE is asked for, and comes."""
    charging = Charging(tool201)
    await charging.flows(token)
    assert await _triggers(tool201, "TransactionEvent", evseId=1) == {"evse": {"id": 1}}
    await _reports(charging)


async def test_tc_f_14_csms(tool201: Tool, token: str) -> None:
    """All transactions are asked for, and come."""
    charging = Charging(tool201)
    await charging.flows(token)
    assert await _triggers(tool201, "TransactionEvent") == {}
    await _reports(charging)


async def test_tc_f_15_csms(tool201: Tool) -> None:
    """The state of an upload is asked for: there is none."""
    assert await _triggers(tool201, "LogStatusNotification") == {}
    assert await tool201.call("LogStatusNotification", status="Idle") == {}


async def test_tc_f_18_csms(tool201: Tool) -> None:
    """The state of a firmware update is asked for: there is none."""
    assert await _triggers(tool201, "FirmwareStatusNotification") == {}
    assert await tool201.call("FirmwareStatusNotification", status="Idle") == {}


async def test_tc_f_20_csms(tool201: Tool) -> None:
    """A heartbeat is asked for, and comes."""
    assert await _triggers(tool201, "Heartbeat") == {}
    assert (await tool201.call("Heartbeat"))["currentTime"].endswith("Z")


async def _status_comes(tool: Tool, status: str) -> None:
    """Both EVSE and connector are named."""
    where = await _triggers(tool, "StatusNotification", evseId=1, connectorId=1)
    assert where == {"evse": {"id": 1, "connectorId": 1}}
    await is_now(tool, status)
    assert await connector_status(tool) == status


async def test_tc_f_23_csms(tool201: Tool) -> None:
    """The state of a connector is asked for: it is free."""
    await _status_comes(tool201, "Available")


async def test_tc_f_24_csms(tool201: Tool) -> None:
    """The state of a connector is asked for: it is taken."""
    await _status_comes(tool201, "Occupied")


@pytest.mark.parametrize("message", ["Heartbeat", "MeterValues", "SignV2GCertificate", "BootNotification"])
async def test_tc_f_27_csms(message: str, tool201: Tool) -> None:
    """A station cannot send what it is asked for, and says so."""
    await _triggers(tool201, message, "NotImplemented")
