"""OCPP 2.0.1 Smart Charging: the cases in which a station reports its profiles, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.smart_charging import given, held, set_profile, shown, wire
from tests.conformance.tool import Tool

TX_DEFAULT = {"purpose": "TX_DEFAULT_PROFILE"}
ON_THE_WIRE = {"chargingProfilePurpose": "TxDefaultProfile"}


async def _asked(tool: Tool, status: str = "Accepted", **input: Any) -> dict[str, Any]:
    """The operator asks for profiles; what the station heard."""
    heard, command = await tool.asked("getChargingProfiles", "GetChargingProfiles", {"status": status}, **input)
    assert command["status"] == ("ACCEPTED" if status == "Accepted" else "REJECTED")
    return heard


async def _reports(tool: Tool, request_id: int, *parts: tuple[int, Any], source: str = "CSO") -> None:
    """Part by part: EVSE and profile."""
    for number, (evse, profile) in enumerate(parts, 1):
        said = {"requestId": request_id, "chargingLimitSource": source, "evseId": evse, "tbc": number < len(parts)}
        assert await tool.call("ReportChargingProfiles", **said, chargingProfile=[profile]) == {}


async def _case(tool: Tool, input: dict[str, Any], heard: dict[str, Any], criterion: dict[str, Any]) -> None:
    """Two profiles are asked for in one way; the station reports them in two parts; the operator sees both."""
    said = await _asked(tool, **input)
    request_id = said.pop("requestId")
    assert said == {**heard, "chargingProfile": criterion}
    evse = heard.get("evseId", 1)
    await _reports(tool, request_id, (evse, wire(1)), (evse, wire(2, 1)))
    [report] = (await shown(tool))["reports"]
    assert (report["requestId"], report["status"], report["complete"]) == (request_id, "Accepted", True)
    told = [(profile["id"], profile["evseId"], profile["source"]) for profile in report["profiles"]]
    assert told == [(1, evse, "CSO"), (2, evse, "CSO")]
    assert await held(tool) == {1: "FOREIGN", 2: "FOREIGN"}


async def test_tc_k_29_csms(tool201: Tool) -> None:
    """The profiles of the station itself with a purpose; they are complete with the last part."""
    input = {"evseId": 0, "purpose": "CHARGING_STATION_MAX_PROFILE"}
    heard = await _asked(tool201, **input)
    assert heard["evseId"] == 0
    assert heard["chargingProfile"] == {"chargingProfilePurpose": "ChargingStationMaxProfile"}
    said = {"requestId": heard["requestId"], "chargingLimitSource": "CSO", "evseId": 0}
    profiles = [wire(id, level, "ChargingStationMaxProfile") for id, level in ((1, 0), (2, 1))]
    assert await tool201.call("ReportChargingProfiles", **said, tbc=True, chargingProfile=profiles[:1]) == {}
    [report] = (await shown(tool201))["reports"]
    assert (report["complete"], [profile["id"] for profile in report["profiles"]]) == (False, [1])
    assert await held(tool201) == {}
    assert await tool201.call("ReportChargingProfiles", **said, chargingProfile=profiles[1:]) == {}
    [report] = (await shown(tool201))["reports"]
    assert (report["complete"], [profile["id"] for profile in report["profiles"]]) == (True, [1, 2])
    assert await held(tool201) == {1: "FOREIGN", 2: "FOREIGN"}


async def test_tc_k_30_csms(tool201: Tool) -> None:
    """The profiles of one EVSE."""
    await _case(tool201, {"evseId": 1, **TX_DEFAULT}, {"evseId": 1}, ON_THE_WIRE)


async def test_tc_k_31_csms(tool201: Tool) -> None:
    """The profiles of the station and of all its EVSEs."""
    await _case(tool201, TX_DEFAULT, {}, ON_THE_WIRE)


async def test_tc_k_32_csms(tool201: Tool) -> None:
    """One profile, by its id: the station has it as it was set, and another one of ours it does not have."""
    profile = given(1, kind="RELATIVE")
    del profile["schedule"]["startSchedule"]
    said = (await set_profile(tool201, profile))["chargingProfile"]
    await set_profile(tool201, given(2, stackLevel=1))
    heard = await _asked(tool201, profileIds=[1])
    assert heard == {"requestId": heard["requestId"], "chargingProfile": {"chargingProfileId": [1]}}
    await _reports(tool201, heard["requestId"], (1, said))
    assert await held(tool201) == {1: "CONFIRMED", 2: "ASSUMED"}
    assert (await _asked(tool201, "NoProfiles", profileIds=[2]))["chargingProfile"] == {"chargingProfileId": [2]}
    assert await held(tool201) == {1: "CONFIRMED", 2: "MISSING"}


async def test_tc_k_33_csms(tool201: Tool) -> None:
    """The profiles of an EVSE on a stack level; one of ours is there with another limit."""
    await set_profile(tool201, given(1))
    heard = await _asked(tool201, evseId=1, stackLevel=0)
    assert (heard["evseId"], heard["chargingProfile"]) == (1, {"stackLevel": 0})
    await _reports(tool201, heard["requestId"], (1, wire(1, limit=32)))
    [shows] = (await shown(tool201))["profiles"]
    assert (shows["confirmation"], shows["kind"], shows["reported"]) == ("DIFFERENT", "ABSOLUTE", {"stackLevel": 0})


async def test_tc_k_34_csms(tool201: Tool) -> None:
    """The profiles of an EVSE that come from us."""
    await _case(tool201, {"evseId": 1, "sources": ["CSO"]}, {"evseId": 1}, {"chargingLimitSource": ["CSO"]})


async def test_tc_k_35_csms(tool201: Tool) -> None:
    """The profiles of an EVSE with a purpose, asked again while the first report is still to come."""
    first, second = [await _asked(tool201, evseId=1, **TX_DEFAULT) for _ in range(2)]
    assert (second["evseId"], second["chargingProfile"]) == (1, ON_THE_WIRE)
    assert first["requestId"] != second["requestId"]
    await _reports(tool201, second["requestId"], (1, wire(2)))
    await _reports(tool201, first["requestId"], (1, wire(1)))
    told = {r["requestId"]: [p["id"] for p in r["profiles"]] for r in (await shown(tool201))["reports"]}
    assert told == {first["requestId"]: [1], second["requestId"]: [2]}


async def test_tc_k_36_csms(tool201: Tool) -> None:
    """The profiles of an EVSE with a purpose on a stack level."""
    input = {"evseId": 1, "stackLevel": 0, **TX_DEFAULT}
    await _case(tool201, input, {"evseId": 1}, {"stackLevel": 0, **ON_THE_WIRE})


async def test_a_station_without_profiles_is_believed(tool201: Tool) -> None:
    """What is foreign and not reported any more is gone; what is ours is missed."""
    await set_profile(tool201, given(1))
    heard = await _asked(tool201)
    assert heard["chargingProfile"] == {}
    await _reports(tool201, heard["requestId"], (1, wire(7)), source="EMS")
    assert await held(tool201) == {1: "MISSING", 7: "FOREIGN"}
    await _asked(tool201, "NoProfiles")
    assert await held(tool201) == {1: "MISSING"}
    await set_profile(tool201, given(1))
    assert await held(tool201) == {1: "ASSUMED"}
