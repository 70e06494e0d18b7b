"""A device model of 2,000 variables comes in 200 parts, whichever way they come."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest

from tests.conformance.tool import Tool, moment
from tests.endtoend.front_end import Api

PARTS, EACH = 200, 10
MISSING = 77
REPORT = """query($now: String, $id: ID!) {
    deviceModelReports(first: 1, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
        base status partsReceived partsExpected missing variables } } }"""
MODEL = """query($id: ID!, $after: String) {
    deviceModel(stationId: $id, first: 100, after: $after) { nodes { component confirmed }
        pageInfo { hasNextPage endCursor } } }"""
_numbers = itertools.count(1)


def _shuffled() -> list[int]:
    order = list(range(PARTS))
    Random(7).shuffle(order)
    return order


def part(request_id: int, number: int) -> dict[str, Any]:
    described = {"dataType": "integer", "supportsMonitoring": False}
    told = [
        {
            "component": {"name": f"Component{number:03}"},
            "variable": {"name": f"Variable{n}"},
            "variableAttribute": [{"value": f"{number * EACH + n}"}],
            "variableCharacteristics": described,
        }
        for n in range(EACH)
    ]
    told_now = {"generatedAt": moment(), "reportData": told}
    return {"requestId": request_id, "seqNo": number, "tbc": number + 1 < PARTS, **told_now}


async def report(tool: Tool) -> dict[str, Any]:
    [found] = (await tool.api.seen(REPORT, id=tool.id))["deviceModelReports"]["nodes"]
    return dict(found)


async def values(tool: Tool) -> list[int]:
    """Every value of the device model, page by page."""
    found, after, more = [], None, True
    while more:
        page = (await tool.api.ask(MODEL, id=tool.id, after=after))["deviceModel"]
        found += [int(node["confirmed"]) for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return sorted(found)


@pytest.mark.parametrize(
    "order",
    [list(range(PARTS)), _shuffled(), [n for n in range(PARTS) if n != MISSING]],
    ids=["in order", "out of order", "one missing"],
)
async def test_a_report_is_put_together_of_its_parts(api: Api, order: list[int]) -> None:
    station_id = f"MODEL-{next(_numbers)}"
    password = (await api.well("registerStation", "password", stationId=station_id))["password"]
    async with Tool(api, "2.0.1", station_id, password) as tool:
        await tool.call("BootNotification", reason="PowerUp", chargingStation={"vendorName": "V", "model": "M"})
        heard, _ = await tool.asked("getBaseReport", "GetBaseReport", {"status": "Accepted"})
        for number in order:
            assert await tool.call("NotifyReport", **part(heard["requestId"], number)) == {}
        found = await report(tool)
        if MISSING not in order:
            assert (found["status"], found["partsReceived"], found["missing"]) == ("INCOMPLETE", PARTS - 1, [MISSING])
            assert (found["variables"], found["partsExpected"]) == ((PARTS - 1) * EACH, PARTS)
            await tool.call("NotifyReport", **part(heard["requestId"], MISSING))
            found = await report(tool)
        whole = {"status": "COMPLETE", "missing": [], "partsReceived": PARTS, "partsExpected": PARTS}
        assert found == {"base": "FullInventory", "variables": PARTS * EACH, **whole}
        assert await values(tool) == list(range(PARTS * EACH))
