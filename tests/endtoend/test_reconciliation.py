"""What a station has is compared with what it should have, and what differs is sent again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.reconciling.reconciler import SUBJECTS
from tests.conformance.conftest import BOOT_16, BOOT_201, token, tool, tool201  # noqa: F401  # fixtures
from tests.conformance.tool import Tool, moment
from tests.endtoend.front_end import Api
from tests.endtoend.reconciled import ACCEPTED, FIELDS, NOTHING, begin, done, found, hears


async def test_a_station_of_which_nothing_was_wished_hears_nothing(tool: Tool) -> None:  # noqa: F811
    payload = await tool.api.well("reconcileStation", FIELDS, stationId=tool.id)
    assert (payload["reconciliation"]["status"], payload["reconciliation"]["cause"]) == ("DONE", "OPERATOR")
    assert found(payload["reconciliation"]) == {subject.name: NOTHING for subject in SUBJECTS}


async def test_an_unknown_station_is_not_compared(api: Api) -> None:
    assert (await api.do("reconcileStation", stationId="NOBODY"))["error"]["code"] == "UNKNOWN_STATION"


async def configured(tool: Tool, key: str, value: str) -> None:  # noqa: F811
    variables = [{"variable": key, "value": value}]
    await tool.asked("changeConfiguration", "ChangeConfiguration", ACCEPTED, variables=variables)


async def test_a_setting_that_was_lost_is_set_again(tool: Tool) -> None:  # noqa: F811
    await configured(tool, "HeartbeatInterval", "60")
    await configured(tool, "MeterValueSampleInterval", "30")
    await begin(tool)
    keys = [
        {"key": "HeartbeatInterval", "value": "600", "readonly": False},
        {"key": "MeterValueSampleInterval", "value": "30", "readonly": False},
    ]
    asked = await hears(tool, "GetConfiguration", configurationKey=keys)
    assert sorted(asked["key"]) == ["HeartbeatInterval", "MeterValueSampleInterval"]
    assert await hears(tool, "ChangeConfiguration", **ACCEPTED) == {"key": "HeartbeatInterval", "value": "60"}
    configuration = (await done(tool))["configuration"]
    assert (configuration["differing"], configuration["problem"]) == (1, None)
    assert [command["status"] for command in configuration["commands"]] == ["ACCEPTED"]


async def listed(tool: Tool) -> None:  # noqa: F811
    """A list that the station has taken; its version is 1."""
    entries = [{"idToken": "A", "status": "Accepted"}]
    await tool.asked("sendLocalList", "SendLocalList", ACCEPTED, updateType="FULL", entries=entries)


async def test_what_a_station_refuses_again_is_a_problem_of_that_subject_alone(tool: Tool) -> None:  # noqa: F811
    await configured(tool, "HeartbeatInterval", "60")
    await listed(tool)
    await begin(tool)
    keys = [{"key": "HeartbeatInterval", "value": "600", "readonly": False}]
    await hears(tool, "GetConfiguration", configurationKey=keys)
    await hears(tool, "ChangeConfiguration", status="Rejected")
    await hears(tool, "GetLocalListVersion", listVersion=1)
    came_of_it = await done(tool)
    assert came_of_it["configuration"]["problem"] == "SetVariables: REJECTED"
    assert came_of_it["localList"] == NOTHING


async def test_settings_of_2_0_1_are_variables_of_components(tool201: Tool) -> None:  # noqa: F811
    named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
    wish = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold", "value": "60"}
    answer = {"setVariableResult": [named | {"attributeStatus": "Accepted"}]}
    await tool201.asked("changeConfiguration", "SetVariables", answer, variables=[wish])
    await begin(tool201)
    result = named | {"attributeStatus": "Accepted", "attributeValue": "5"}
    assert await hears(tool201, "GetVariables", getVariableResult=[result]) == {"getVariableData": [named]}
    assert (await hears(tool201, "SetVariables", **answer))["setVariableData"] == [named | {"attributeValue": "60"}]
    assert (await done(tool201))["configuration"]["differing"] == 1


async def test_a_list_that_was_lost_is_sent_whole(tool: Tool, token: str) -> None:  # noqa: F811
    until = "2040-01-01T00:00:00Z"
    entries = [{"idToken": token}, {"idToken": "B", "status": "Blocked", "expiresAt": until, "groupId": "G"}]
    sent, _ = await tool.asked("sendLocalList", "SendLocalList", ACCEPTED, updateType="FULL", entries=entries)
    await begin(tool)
    await hears(tool, "GetLocalListVersion", listVersion=1)
    assert (await done(tool))["localList"] == NOTHING
    await begin(tool)
    await hears(tool, "GetLocalListVersion", listVersion=0)
    assert await hears(tool, "SendLocalList", **ACCEPTED) == sent | {"listVersion": 2}
    assert (await done(tool))["localList"]["differing"] == 1


async def test_a_list_that_is_not_ours_is_left_alone(tool: Tool) -> None:  # noqa: F811
    await tool.asked("getLocalListVersion", "GetLocalListVersion", {"listVersion": 5})
    await begin(tool)
    assert (await done(tool))["localList"] == NOTHING
    await tool.asked("clearCache", "ClearCache", ACCEPTED)


async def test_a_list_goes_in_as_many_messages_as_the_station_needs(tool201: Tool) -> None:  # noqa: F811
    named = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
    told = {"getVariableResult": [named | {"attributeStatus": "Accepted", "attributeValue": "2"}]}
    asked = [{"component": "LocalAuthListCtrlr", "variable": "ItemsPerMessage"}]
    await tool201.asked("getConfiguration", "GetVariables", told, variables=asked)
    entries = [{"idToken": name, "status": "Accepted"} for name in "ABCDE"]
    given = {"stationId": tool201.id, "updateType": "FULL", "entries": entries, "idempotencyKey": "once"}
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(tool201.api.well("sendLocalList", "command { id }", **given))
        heard = [await hears(tool201, "SendLocalList", **ACCEPTED) for _ in range(3)]
    assert [(part["versionNumber"], part["updateType"]) for part in heard] == [
        (1, "Full"),
        (2, "Differential"),
        (3, "Differential"),
    ]
    assert [len(part["localAuthorizationList"]) for part in heard] == [2, 2, 1]
    again = await tool201.api.well("sendLocalList", "command { id }", **given)
    assert again["command"] == sending.result()["command"]
    await begin(tool201)
    await hears(tool201, "GetLocalListVersion", versionNumber=0)
    whole = [await hears(tool201, "SendLocalList", **ACCEPTED) for _ in range(3)]
    assert [part["localAuthorizationList"] for part in whole] == [part["localAuthorizationList"] for part in heard]
    assert [part["versionNumber"] for part in whole] == [4, 5, 6]
    await done(tool201)


async def test_the_rest_of_a_list_is_not_sent_after_a_part_that_failed(tool: Tool) -> None:  # noqa: F811
    limit = [{"key": "SendLocalListMaxLength", "value": "1", "readonly": True}]
    asked = [{"variable": "SendLocalListMaxLength"}]
    await tool.asked("getConfiguration", "GetConfiguration", {"configurationKey": limit}, variables=asked)
    entries = [{"idToken": name, "status": "Accepted"} for name in "AB"]
    given = {"updateType": "FULL", "entries": entries}
    _, command = await tool.asked("sendLocalList", "SendLocalList", {"status": "Failed"}, **given)
    assert (command["status"], command["payload"]["versionNumber"]) == ("REJECTED", 1)
    await tool.asked("clearCache", "ClearCache", ACCEPTED)


async def reserve(tool: Tool, **input: Any) -> dict[str, Any]:  # noqa: F811
    heard, _ = await tool.asked("reserveNow", "ReserveNow", ACCEPTED, idToken="A", minutes=30, **input)
    return heard


async def test_a_reservation_that_does_not_show_is_made_again(tool: Tool) -> None:  # noqa: F811
    lost, kept = await reserve(tool, evseId=1), await reserve(tool, evseId=2)
    gone = await reserve(tool, evseId=2)
    await tool.asked("cancelReservation", "CancelReservation", ACCEPTED, reservationId=gone["reservationId"])
    reserved = {"errorCode": "NoError", "status": "Reserved"}
    await tool.call("StatusNotification", connectorId=1, **reserved)
    await tool.call("BootNotification", **BOOT_16)
    await tool.call("StatusNotification", connectorId=2, **reserved)
    await begin(tool)
    assert await hears(tool, "ReserveNow", **ACCEPTED) == lost
    assert (await done(tool))["reservations"]["differing"] == 1
    assert kept["connectorId"] == 2


async def test_a_station_that_is_set_up_so_is_compared_after_each_boot(tool201: Tool) -> None:  # noqa: F811
    await listed(tool201)
    await tool201.call("BootNotification", **BOOT_201)
    await asyncio.sleep(0.5)  # long enough for something to come
    await tool201.asked("clearCache", "ClearCache", ACCEPTED)
    payload = await tool201.api.well(
        "setStationOptions", "station { reconcile lenient }", stationId=tool201.id, reconcile="ON_BOOT"
    )
    assert payload["station"] == {"reconcile": "ON_BOOT", "lenient": False}
    await tool201.call("BootNotification", **BOOT_201)
    await hears(tool201, "GetLocalListVersion", versionNumber=1)
    assert (await done(tool201))["localList"] == NOTHING


@pytest.mark.parametrize("outcome", ["VersionMismatch", "Failed"])
async def test_a_refused_change_of_a_list_is_followed_by_the_whole_once(
    tool201: Tool,  # noqa: F811
    outcome: str,
) -> None:
    await tool201.api.well("setStationOptions", stationId=tool201.id, reconcile="ON_BOOT")
    entry = {"idToken": "A", "status": "Accepted"}
    change = {"updateType": "DIFFERENTIAL", "entries": [entry]}
    await tool201.asked("sendLocalList", "SendLocalList", {"status": outcome}, **change)
    await hears(tool201, "GetLocalListVersion", versionNumber=7)
    whole = await hears(tool201, "SendLocalList", **ACCEPTED)
    assert (whole["versionNumber"], whole["updateType"]) == (8, "Full")
    assert [entry["idToken"]["idToken"] for entry in whole["localAuthorizationList"]] == ["A"]
    await done(tool201)
    await tool201.asked("sendLocalList", "SendLocalList", {"status": outcome}, **change)
    await tool201.asked("clearCache", "ClearCache", ACCEPTED)  # and nothing before


async def test_a_station_that_is_away_is_compared_when_it_comes(tool201: Tool) -> None:  # noqa: F811
    await listed(tool201)
    await tool201.close()
    await begin(tool201)
    await tool201.connect()
    await hears(tool201, "GetLocalListVersion", versionNumber=1)
    assert (await done(tool201))["localList"] == NOTHING


async def test_a_reservation_of_any_evse_is_always_made_again(tool201: Tool) -> None:  # noqa: F811
    made = await reserve(tool201)
    state = {"timestamp": moment(), "connectorStatus": "Reserved", "evseId": 1, "connectorId": 1}
    await tool201.call("StatusNotification", **state)
    await begin(tool201)
    assert await hears(tool201, "ReserveNow", **ACCEPTED) == made
    await done(tool201)
