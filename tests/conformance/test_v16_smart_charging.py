"""OCPP 1.6 Smart Charging: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.tool import Tool, moment

ACCEPTED = {"status": "Accepted"}
PROFILES = """query($id: ID!, $now: String) { chargingProfiles(stationId: $id, atLeastPosition: $now) {
  profiles { id evseId purpose stackLevel transactionId awaitsTransaction
    schedules { chargingRateUnit periods { startPeriod limit } } }
  compositeSchedules { evseId status schedule { chargingRateUnit duration periods { startPeriod limit } } } } }"""
RUNNING = """query($id: ID!, $now: String) {
  transactions(first: 9, filter: {stationId: $id, state: ACTIVE}, atLeastPosition: $now) {
    nodes { transactionId } } }"""


async def shown(tool: Tool) -> Any:
    """What the operator sees of the station's charging profiles."""
    return (await tool.api.seen(PROFILES, id=tool.id))["chargingProfiles"]


async def ids(tool: Tool) -> list[int]:
    return [profile["id"] for profile in (await shown(tool))["profiles"]]


async def charging(tool: Tool, token: str, connector: int = 1) -> int:
    """Begin a transaction; returns its id, which the operator can see."""
    answer = await tool.call("StartTransaction", connectorId=connector, idTag=token, meterStart=0, timestamp=moment())
    await tool.call("StatusNotification", connectorId=connector, errorCode="NoError", status="Charging")
    nodes = (await tool.api.seen(RUNNING, id=tool.id))["transactions"]["nodes"]
    assert nodes == [{"transactionId": str(answer["transactionId"])}]
    transaction_id: int = answer["transactionId"]
    return transaction_id


def default(id: int, level: int, unit: str = "A", limit: str = "6.0") -> dict[str, Any]:
    """A profile for every transaction of a connector, as the operator gives it."""
    return {
        "id": id,
        "stackLevel": level,
        "purpose": "TX_DEFAULT_PROFILE",
        "kind": "ABSOLUTE",
        "validFrom": moment(-5),
        "validTo": moment(60),
        "schedule": {
            "chargingRateUnit": unit,
            "startSchedule": moment(-5),
            "duration": 86400,
            "periods": [{"startPeriod": 0, "limit": limit, "numberPhases": 3}],
        },
    }


@pytest.mark.parametrize(("unit", "limit"), [("A", "6.0"), ("W", "6000.0")])
async def test_tc_056_csms(tool: Tool, unit: str, limit: str) -> None:
    """A limit for all coming transactions of a connector, from an absolute time on."""
    profile = default(1, 0, unit, limit)
    heard, command = await tool.asked("setChargingProfile", "SetChargingProfile", ACCEPTED, evseId=1, profile=profile)
    schedule = heard["csChargingProfiles"].pop("chargingSchedule")
    times = {name: heard["csChargingProfiles"].pop(name) for name in ("validFrom", "validTo")}
    assert heard == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
        },
    }
    start = profile["validFrom"].replace("Z", ".000Z")
    assert times == {"validFrom": start, "validTo": profile["validTo"].replace("Z", ".000Z")}
    assert schedule == {
        "chargingRateUnit": unit,
        "startSchedule": start,
        "duration": 86400,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": float(limit), "numberPhases": 3}],
    }
    assert command["status"] == "ACCEPTED"
    assert await ids(tool) == [1]
    [profile] = (await shown(tool))["profiles"]
    assert (profile["evseId"], profile["purpose"], profile["stackLevel"]) == (1, "TX_DEFAULT_PROFILE", 0)
    [period] = profile["schedules"][0]["periods"]
    assert (profile["schedules"][0]["chargingRateUnit"], float(period["limit"])) == (unit, float(limit))


async def test_tc_057_csms(tool: Tool, token: str) -> None:
    """A limit for the transaction that is running, which goes with it."""
    transaction_id = await charging(tool, token)
    profile = default(1, 0) | {"purpose": "TX_PROFILE"}
    heard, command = await tool.asked("setChargingProfile", "SetChargingProfile", ACCEPTED, evseId=1, profile=profile)
    told = heard["csChargingProfiles"]
    assert (heard["connectorId"], told["chargingProfilePurpose"]) == (1, "TxProfile")
    assert told["transactionId"] == transaction_id
    assert command["status"] == "ACCEPTED"
    assert await ids(tool) == [1]
    assert (await shown(tool))["profiles"][0]["transactionId"] == str(transaction_id)
    await tool.call("StopTransaction", transactionId=transaction_id, meterStop=9, timestamp=moment(1), reason="Local")
    assert await ids(tool) == []


async def test_tc_059_csms(tool: Tool, token: str) -> None:
    """Charging is started from afar with a limit, which the transaction that begins has."""
    profile = {
        "id": 1,
        "purpose": "TX_PROFILE",
        "kind": "RELATIVE",
        "schedule": {"chargingRateUnit": "A", "periods": [{"startPeriod": 0, "limit": 6}]},
    }
    heard, command = await tool.asked(
        "remoteStart", "RemoteStartTransaction", ACCEPTED, evseId=1, idToken=token, chargingProfile=profile
    )
    assert heard == {
        "idTag": token,
        "connectorId": 1,
        "chargingProfile": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
            },
        },
    }
    assert command["status"] == "ACCEPTED"
    assert await ids(tool) == [1]
    assert (await shown(tool))["profiles"][0]["awaitsTransaction"]
    assert (await tool.call("Authorize", idTag=token))["idTagInfo"]["status"] == "Accepted"
    transaction_id = await charging(tool, token)
    [held] = (await shown(tool))["profiles"]
    assert (held["awaitsTransaction"], held["transactionId"]) == (False, str(transaction_id))


async def test_tc_066_csms(tool: Tool) -> None:
    """The operator asks what a connector would let flow, and sees it."""
    await tool.asked("setChargingProfile", "SetChargingProfile", ACCEPTED, evseId=1, profile=default(1, 0))
    schedule = {
        "duration": 300,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}, {"startPeriod": 60, "limit": 10.1}],
    }
    answer = ACCEPTED | {"connectorId": 1, "scheduleStart": moment(), "chargingSchedule": schedule}
    heard, command = await tool.asked(
        "getCompositeSchedule", "GetCompositeSchedule", answer, evseId=1, duration=300, chargingRateUnit="A"
    )
    assert heard == {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
    assert command["status"] == "ACCEPTED"
    [composite] = (await shown(tool))["compositeSchedules"]
    assert (composite["evseId"], composite["status"]) == (1, "Accepted")
    periods = [(period["startPeriod"], float(period["limit"])) for period in composite["schedule"]["periods"]]
    assert periods == [(0, 6.0), (60, 10.1)]


async def test_tc_067_csms(tool: Tool) -> None:
    """Profiles are cleared: one by its id, then by connector, purpose and level, then all that are left."""
    for id, level in ((1, 0), (2, 1), (3, 2)):
        profile = default(id, level)
        await tool.asked("setChargingProfile", "SetChargingProfile", ACCEPTED, evseId=1, profile=profile)
    assert await ids(tool) == [1, 2, 3]
    clear = "clearChargingProfile", "ClearChargingProfile", ACCEPTED
    heard, command = await tool.asked(*clear, profileId=1)
    assert (heard, command["status"]) == ({"id": 1}, "ACCEPTED")
    assert await ids(tool) == [2, 3]
    heard, command = await tool.asked(*clear, evseId=1, purpose="TX_DEFAULT_PROFILE", stackLevel=1)
    assert heard == {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
    assert command["status"] == "ACCEPTED"
    assert await ids(tool) == [3]
    heard, command = await tool.asked(*clear)
    assert (heard, command["status"]) == ({}, "ACCEPTED")
    assert await ids(tool) == []
