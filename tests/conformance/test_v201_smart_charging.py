"""OCPP 2.0.1 Smart Charging: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conformance.smart_charging import (
    ACCEPTED,
    charging,
    event,
    given,
    held,
    of_transaction,
    schedule,
    set_profile,
    shown,
    wire,
)
from tests.conformance.tool import Tool, moment
from tests.endtoend.front_end import COMMAND

CLEAR = "clearChargingProfile", "ClearChargingProfile"
EXTERNAL = "ChargingStationExternalConstraints"


def said(profile: dict[str, Any]) -> dict[str, Any]:
    """What the station is to hear of a profile that the operator gave."""
    words = {"TX_DEFAULT_PROFILE": "TxDefaultProfile", "CHARGING_STATION_MAX_PROFILE": "ChargingStationMaxProfile"}
    asked, zone = profile["schedule"], ("Z", ".000Z")
    periods = [{**period, "limit": float(period["limit"])} for period in asked["periods"]]
    told = {
        "id": profile["id"],
        "stackLevel": profile["stackLevel"],
        "chargingProfilePurpose": words[profile["purpose"]],
        "chargingProfileKind": profile["kind"].capitalize(),
        "validFrom": profile["validFrom"].replace(*zone),
        "validTo": profile["validTo"].replace(*zone),
        "chargingSchedule": [
            {
                "id": profile["id"],
                "chargingRateUnit": asked["chargingRateUnit"],
                "startSchedule": asked["startSchedule"].replace(*zone),
                "duration": asked["duration"],
                "chargingSchedulePeriod": periods,
            }
        ],
    }
    return told | ({"recurrencyKind": "Daily"} if profile["kind"] == "RECURRING" else {})


@pytest.mark.parametrize(("unit", "limit"), [("A", "6.0"), ("W", "6000.0")])
async def test_tc_k_01_csms(tool201: Tool, unit: str, limit: str) -> None:
    """A limit for all coming transactions of an EVSE, from an absolute time on."""
    profile = given(unit=unit, limit=limit)
    assert await set_profile(tool201, profile) == {"evseId": 1, "chargingProfile": said(profile)}
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["evseId"], shows["purpose"], shows["confirmation"]) == (1, "TX_DEFAULT_PROFILE", "ASSUMED")
    assert shows["schedules"][0]["periods"] == [{"startPeriod": 0, "limit": limit}]


async def test_tc_k_02_csms(tool201: Tool) -> None:
    """A limit for a transaction where none runs: the operator is told so; sent by hand, the station refuses it."""
    refused = await tool201.api.do(
        "setChargingProfile", stationId=tool201.id, evseId=1, profile=of_transaction(), transactionId="TX-0"
    )
    assert refused["error"] == {"code": "UNKNOWN_TRANSACTION", "field": "transactionId"}
    payload = {"evseId": 1, "chargingProfile": wire(purpose="TxProfile", transactionId="TX-0")}
    by_hand = {"stationId": tool201.id, "action": "SetChargingProfile", "payload": payload}
    asking = tool201.api.well("requestCommand", COMMAND, **by_hand)
    heard, told = await tool201.told(asking, "SetChargingProfile", {"status": "Rejected"})
    assert (heard, told["command"]["status"]) == (payload, "REJECTED")
    assert await held(tool201) == {}


@pytest.mark.parametrize(("unit", "limit"), [("A", "8.0"), ("W", "8000.0")])
async def test_tc_k_03_csms(tool201: Tool, unit: str, limit: str) -> None:
    """A limit for the whole station; it is absolute: what a relative one would begin with, the station has none of."""
    profile = given(unit=unit, limit=limit, purpose="CHARGING_STATION_MAX_PROFILE")
    assert await set_profile(tool201, profile, evse=0) == {"evseId": 0, "chargingProfile": said(profile)}
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["evseId"], shows["purpose"]) == (0, "CHARGING_STATION_MAX_PROFILE")


async def test_tc_k_04_csms(tool201: Tool) -> None:
    """A profile takes the place of the one that has its id, also on another level."""
    for level, limit in enumerate(("6.0", "8.0")):
        profile = given(limit=limit, stackLevel=level)
        assert (await set_profile(tool201, profile))["chargingProfile"] == said(profile)
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["id"], shows["schedules"][0]["periods"][0]["limit"]) == (1, "8.0")


async def test_tc_k_05_csms(tool201: Tool) -> None:
    """A profile is cleared by its id, the other stays."""
    await set_profile(tool201, given(1))
    await set_profile(tool201, given(2, stackLevel=1))
    heard, command = await tool201.asked(*CLEAR, ACCEPTED, profileId=1)
    assert (heard, command["status"]) == ({"chargingProfileId": 1}, "ACCEPTED")
    assert await held(tool201) == {2: "ASSUMED"}


async def test_tc_k_06_csms(tool201: Tool) -> None:
    """Profiles are cleared by EVSE, purpose and stack level together."""
    await set_profile(tool201, given(1))
    await set_profile(tool201, given(2, stackLevel=1))
    await set_profile(tool201, given(3), evse=2)
    criteria = {"evseId": 1, "stackLevel": 0}
    heard, command = await tool201.asked(*CLEAR, ACCEPTED, **criteria, purpose="TX_DEFAULT_PROFILE")
    assert heard == {"chargingProfileCriteria": {**criteria, "chargingProfilePurpose": "TxDefaultProfile"}}
    assert command["status"] == "ACCEPTED"
    assert sorted(await held(tool201)) == [2, 3]


async def test_tc_k_08_csms(tool201: Tool) -> None:
    """The station has nothing to clear, and says so."""
    heard, command = await tool201.asked(*CLEAR, {"status": "Unknown"}, profileId=1)
    assert heard == {"chargingProfileId": 1}
    assert (command["status"], command["response"]) == ("REJECTED", {"status": "Unknown"})
    await set_profile(tool201, given())
    assert await held(tool201) == {1: "ASSUMED"}


async def test_tc_k_10_csms(tool201: Tool) -> None:
    """A limit for all coming transactions, whichever EVSE they are on."""
    profile = given()
    assert await set_profile(tool201, profile, evse=0) == {"evseId": 0, "chargingProfile": said(profile)}
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["evseId"], shows["purpose"]) == (0, "TX_DEFAULT_PROFILE")


async def test_tc_k_15_csms(tool201: Tool) -> None:
    """A station that knows nothing of smart charging says so, and the operator sees it."""
    asking = asyncio.create_task(
        tool201.api.well("setChargingProfile", COMMAND, stationId=tool201.id, evseId=1, profile=given())
    )
    heard = await tool201.hears("SetChargingProfile")
    await tool201.refuses(heard, "NotSupported", "no smart charging")
    command = (await asking)["command"]
    assert (command["status"], command["error"]) == ("ERROR", "NotSupported: no smart charging")
    assert await held(tool201) == {}
    assert await tool201.call("Heartbeat")


async def test_tc_k_19_csms(tool201: Tool) -> None:
    """Limits that come back every day."""
    periods = [{"startPeriod": start, "limit": limit} for start, limit in ((0, 6), (28800, 10), (72000, 8))]
    profile = given(kind="RECURRING")
    profile["schedule"]["periods"] = periods
    heard = await set_profile(tool201, profile | {"recurrencyKind": "DAILY"})
    assert heard == {"evseId": 1, "chargingProfile": said(profile)}
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["kind"], len(shows["schedules"][0]["periods"])) == ("RECURRING", 3)


async def test_tc_k_37_csms(tool201: Tool, token: str) -> None:
    """Charging is started from afar with a limit, which names no transaction and is that of the one that begins."""
    heard, command = await tool201.asked(
        "remoteStart", "RequestStartTransaction", ACCEPTED, evseId=1, idToken=token, chargingProfile=of_transaction()
    )
    assert command["status"] == "ACCEPTED"
    number = heard.pop("remoteStartId")
    assert heard == {
        "evseId": 1,
        "idToken": {"idToken": token, "type": "ISO14443"},
        "chargingProfile": wire(purpose="TxProfile"),
    }
    assert (await shown(tool201))["profiles"][0]["awaitsTransaction"]
    transaction_id = await charging(tool201, token, remoteStartId=number)
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["awaitsTransaction"], shows["transactionId"]) == (False, transaction_id)


async def _composite(tool: Tool, evse: int) -> None:
    told = {"evseId": evse, "duration": 300, "scheduleStart": moment(), "chargingRateUnit": "A"}
    periods = schedule(6, 10.1)["chargingSchedulePeriod"]
    answer = ACCEPTED | {"schedule": told | {"chargingSchedulePeriod": periods}}
    asked = {"evseId": evse, "duration": 300, "chargingRateUnit": "A"}
    heard, command = await tool.asked("getCompositeSchedule", "GetCompositeSchedule", answer, **asked)
    assert (heard, command["status"]) == (asked, "ACCEPTED")
    [composite] = (await shown(tool))["compositeSchedules"]
    assert (composite["evseId"], composite["status"]) == (evse, "Accepted")
    assert [float(period["limit"]) for period in composite["schedule"]["periods"]] == [6, 10.1]


async def test_tc_k_43_csms(tool201: Tool) -> None:
    """The operator asks what an EVSE would let flow, and sees it."""
    await _composite(tool201, 1)


async def test_tc_k_44_csms(tool201: Tool) -> None:
    """The operator asks what the station as a whole would let flow, and sees it."""
    await _composite(tool201, 0)


async def test_tc_k_48_csms(tool201: Tool) -> None:
    """Somebody else limits the station while nobody charges; the operator sees it."""
    limit = {"chargingLimitSource": "SO", "isGridCritical": True}
    assert await tool201.call("NotifyChargingLimit", chargingLimit=limit, chargingSchedule=[schedule(10)]) == {}
    [shows] = (await shown(tool201))["externalLimits"]
    assert (shows["source"], shows["evseId"], shows["gridCritical"]) == ("SO", None, True)
    assert float(shows["schedules"][0]["periods"][0]["limit"]) == 10


async def test_tc_k_50_csms(tool201: Tool) -> None:
    """A limit of somebody else is gone while nobody charges; one on an EVSE stays."""
    for place in ({}, {"evseId": 1}):
        limit = {"chargingLimitSource": "EMS" if place else "SO"}
        assert await tool201.call("NotifyChargingLimit", chargingLimit=limit, **place) == {}
    assert await tool201.call("ClearedChargingLimit", chargingLimitSource="SO") == {}
    assert [limit["source"] for limit in (await shown(tool201))["externalLimits"]] == ["EMS"]


async def test_tc_k_51_csms(tool201: Tool, token: str) -> None:
    """A limit of somebody else comes and goes while a car charges, faster or slower."""
    transaction_id = await charging(tool201, token)
    limit = {"chargingLimitSource": "EMS"}
    assert await tool201.call("NotifyChargingLimit", chargingLimit=limit, evseId=1) == {}
    assert await event(tool201, transaction_id, 3, "Updated", "ChargingRateChanged") == {}
    assert [limit["evseId"] for limit in (await shown(tool201))["externalLimits"]] == [1]
    assert await tool201.call("ClearedChargingLimit", chargingLimitSource="EMS", evseId=1) == {}
    assert await event(tool201, transaction_id, 4, "Updated", "ChargingRateChanged") == {}
    assert (await shown(tool201))["externalLimits"] == []


async def test_tc_k_52_csms(tool201: Tool) -> None:
    """The station reports the profile of a limit that is not ours; the operator sees it and cannot set or clear it."""
    purpose = "CHARGING_STATION_EXTERNAL_CONSTRAINTS"
    heard, command = await tool201.asked("getChargingProfiles", "GetChargingProfiles", ACCEPTED, purpose=purpose)
    assert (heard["chargingProfile"], command["status"]) == ({"chargingProfilePurpose": EXTERNAL}, "ACCEPTED")
    part = {"requestId": heard["requestId"], "chargingLimitSource": "SO", "evseId": 0}
    assert await tool201.call("ReportChargingProfiles", **part, chargingProfile=[wire(9, purpose=EXTERNAL)]) == {}
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["id"], shows["purpose"], shows["source"]) == (9, purpose, "SO")
    assert (shows["confirmation"], shows["evseId"]) == ("FOREIGN", 0)
    clearing = await tool201.api.do("clearChargingProfile", stationId=tool201.id, purpose=purpose)
    setting = await tool201.api.do("setChargingProfile", stationId=tool201.id, profile=given(purpose=purpose))
    raw = {"action": "SetChargingProfile", "payload": {"evseId": 0, "chargingProfile": wire(purpose=EXTERNAL)}}
    by_hand = await tool201.api.do("requestCommand", stationId=tool201.id, **raw)
    assert [refused["error"]["field"] for refused in (clearing, setting, by_hand)] == ["purpose", "purpose", "payload"]
    assert await tool201.call("ClearedChargingLimit", chargingLimitSource="SO") == {}
    assert await held(tool201) == {}


async def test_tc_k_60_csms(tool201: Tool, token: str) -> None:
    """A limit for the transaction that is running, which goes with it."""
    transaction_id = await charging(tool201, token)
    heard = await set_profile(tool201, of_transaction(), transactionId=transaction_id)
    expected = wire(purpose="TxProfile", transactionId=transaction_id)
    assert heard == {"evseId": 1, "chargingProfile": expected}
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["purpose"], shows["transactionId"]) == ("TX_PROFILE", transaction_id)
    await event(tool201, transaction_id, 3, "Ended", "EVCommunicationLost")
    assert await held(tool201) == {}


async def test_tc_k_70_csms(tool201: Tool) -> None:
    """Two profiles stand one above the other."""
    for profile in (given(1), given(2, stackLevel=1, limit="8.0")):
        assert (await set_profile(tool201, profile))["chargingProfile"] == said(profile)
    shows = (await shown(tool201))["profiles"]
    assert [(profile["id"], profile["stackLevel"]) for profile in shows] == [(1, 0), (2, 1)]
