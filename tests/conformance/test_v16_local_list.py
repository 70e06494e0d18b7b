"""OCPP 1.6 Local Authorization List: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.tool import Tool

LIST = """query ($id: ID!, $now: String!) { list: localList(stationId: $id, atLeastPosition: $now) {
  version stationVersion agrees fullUpdateNeeded lastOutcome entries { idToken status groupId } } }"""


async def shown(tool: Tool) -> Any:
    """The station's list as the operator sees it."""
    return (await tool.api.seen(LIST, id=tool.id))["list"]


async def full(tool: Tool, status: str, *tags: str) -> tuple[dict[str, Any], dict[str, Any]]:
    entries = [{"idToken": tag} for tag in tags]
    return await tool.asked("sendLocalList", "SendLocalList", {"status": status}, updateType="FULL", entries=entries)


async def test_tc_042_1_csms(tool: Tool) -> None:
    """The version is asked for; the station keeps no list."""
    heard, command = await tool.asked("getLocalListVersion", "GetLocalListVersion", {"listVersion": -1})
    assert heard == {}
    assert (command["status"], command["response"]) == ("ACCEPTED", {"listVersion": -1})
    local_list = await shown(tool)
    assert (local_list["stationVersion"], local_list["fullUpdateNeeded"]) == (-1, False)


async def test_tc_042_2_csms(tool: Tool) -> None:
    """The version is asked for; the station's list is empty."""
    heard, command = await tool.asked("getLocalListVersion", "GetLocalListVersion", {"listVersion": 0})
    assert heard == {}
    assert command["status"] == "ACCEPTED"
    local_list = await shown(tool)
    assert (local_list["stationVersion"], local_list["agrees"]) == (0, True)


async def test_tc_043_1_csms(tool: Tool, token: str) -> None:
    """A full list; the station keeps none."""
    heard, command = await full(tool, "NotSupported", token)
    assert heard["updateType"] == "Full"
    assert (command["status"], command["response"]) == ("REJECTED", {"status": "NotSupported"})
    local_list = await shown(tool)
    assert (local_list["lastOutcome"], local_list["version"], local_list["entries"]) == ("NotSupported", 0, [])


async def test_tc_043_3_csms(tool: Tool, token: str) -> None:
    """A full list that the station fails to take; what it had before stays."""
    await full(tool, "Accepted", token)
    heard, command = await full(tool, "Failed")
    assert heard["updateType"] == "Full"
    assert (command["status"], command["response"]) == ("REJECTED", {"status": "Failed"})
    local_list = await shown(tool)
    assert (local_list["lastOutcome"], local_list["version"]) == ("Failed", 1)
    assert [entry["idToken"] for entry in local_list["entries"]] == [token]


async def test_tc_043_4_csms(tool: Tool, token: str) -> None:
    """A full list is taken; every entry tells what the tag may do."""
    await tool.api.well("setIdToken", idToken=f"{token}-B", status="Blocked", groupId="GROUP")
    heard, command = await full(tool, "Accepted", token, f"{token}-B")
    assert heard == {
        "listVersion": 1,
        "updateType": "Full",
        "localAuthorizationList": [
            {"idTag": token, "idTagInfo": {"status": "Accepted"}},
            {"idTag": f"{token}-B", "idTagInfo": {"status": "Blocked", "parentIdTag": "GROUP"}},
        ],
    }
    assert command["status"] == "ACCEPTED"
    assert await shown(tool) == {
        "version": 1,
        "stationVersion": 1,
        "agrees": True,
        "fullUpdateNeeded": False,
        "lastOutcome": "Accepted",
        "entries": [
            {"idToken": token, "status": "Accepted", "groupId": None},
            {"idToken": f"{token}-B", "status": "Blocked", "groupId": "GROUP"},
        ],
    }


async def test_tc_043_5_csms(tool: Tool, token: str) -> None:
    """A differential update is taken; its version is above the one that the station has."""
    await tool.asked("getLocalListVersion", "GetLocalListVersion", {"listVersion": 4})
    await full(tool, "Accepted", token)
    entries = [{"idToken": "DIFF-1", "status": "Accepted"}, {"idToken": token, "status": "Blocked"}]
    heard, command = await tool.asked(
        "sendLocalList", "SendLocalList", {"status": "Accepted"}, updateType="DIFFERENTIAL", entries=entries
    )
    assert heard == {
        "listVersion": 6,
        "updateType": "Differential",
        "localAuthorizationList": [
            {"idTag": "DIFF-1", "idTagInfo": {"status": "Accepted"}},
            {"idTag": token, "idTagInfo": {"status": "Blocked"}},
        ],
    }
    assert command["status"] == "ACCEPTED"
    local_list = await shown(tool)
    assert (local_list["version"], local_list["agrees"]) == (6, True)
    assert {entry["idToken"]: entry["status"] for entry in local_list["entries"]} == {
        token: "Blocked",
        "DIFF-1": "Accepted",
    }


async def test_a_differential_update_that_does_not_fit_is_mended_by_a_full_list(tool: Tool, token: str) -> None:
    """Not of the plan: VersionMismatch."""
    entries = [{"idToken": token}]
    heard, command = await tool.asked(
        "sendLocalList", "SendLocalList", {"status": "VersionMismatch"}, updateType="DIFFERENTIAL", entries=entries
    )
    assert heard["localAuthorizationList"] == [{"idTag": token}], "an entry without a status is taken off"
    assert command["status"] == "REJECTED"
    assert (await shown(tool))["fullUpdateNeeded"] is True
    await full(tool, "Accepted", token)
    assert (await shown(tool))["fullUpdateNeeded"] is False
