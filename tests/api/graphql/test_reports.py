"""Reports of device models as they are asked for and shown, and the device model page by page."""

from __future__ import annotations

from typing import Any

import pytest

from domain.configuration import Variable
from domain.device_model import Attribute, DeviceModelBook, VariableReport
from domain.events import Command
from domain.journal import load
from domain.streams import COMMAND
from domain.values import Evse
from tests.api.graphql.conftest import T0, Api


async def ask(api: Api, mutation: str, **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:]
    it = f"it: {mutation}(input: $input) {{ command {{ id }} error {{ code field }} }}"
    document = f"mutation ($input: {kind}Input!) {{ {it} }}"
    return (await api.ask(document, input={"stationId": "CS1", "waitSeconds": 0} | input))["it"]


@pytest.mark.parametrize(
    ("mutation", "input", "action", "payload"),
    [
        ("getBaseReport", {}, "GetBaseReport", {"reportBase": "FullInventory"}),
        (
            "getBaseReport",
            {"reportBase": "SUMMARY_INVENTORY"},
            "GetBaseReport",
            {"reportBase": "SummaryInventory"},
        ),
        ("getReport", {"criteria": ["PROBLEM"]}, "GetReport", {"criteria": ["Problem"], "variables": []}),
        (
            "getReport",
            {"variables": [{"component": "EVSE", "evseId": 1, "variable": "Power", "instance": "a"}]},
            "GetReport",
            {
                "criteria": [],
                "variables": [{"component": "EVSE", "evseId": 1, "variable": "Power", "instance": "a"}],
            },
        ),
        ("getConfiguration", {}, "GetVariables", {"variables": []}),
    ],
)
async def test_a_report_is_asked_for_with_a_number_that_was_drawn(
    mutation: str, input: dict[str, Any], action: str, payload: dict[str, Any], api: Api
) -> None:
    await api.register("CS1")
    first, again = [await ask(api, mutation, idempotencyKey="k", **input) for _ in range(2)]
    assert (first["error"], first["command"]) == (None, again["command"])
    [stream] = await api.journal.streams_of(COMMAND, "CS1", 10)
    command = await load(api.journal, Command, stream)
    assert 1 <= command.payload.pop("requestId") < 2**31
    assert (command.action, command.payload, command.typed) == (action, payload, True)


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({}, "variables"),
        ({"criteria": ["PROBLEM", "PROBLEM"]}, "criteria"),
        ({"variables": [{"component": ""}]}, "component"),
        ({"variables": [{"component": "C"}] * 501}, "variables"),
        ({"variables": [{"component": "C", "connectorId": 1}]}, "connectorId"),
    ],
)
async def test_a_report_of_nothing_sensible_is_refused(input: dict[str, Any], field: str, api: Api) -> None:
    await api.register("CS1")
    assert (await ask(api, "getReport", **input))["error"] == {"code": "BAD_INPUT", "field": field}
    assert await api.journal.streams_of(COMMAND, "CS1", 10) == []


def part(*evses: int, station: str = "CS1", number: int = 0, more: bool = False) -> DeviceModelBook:
    book = DeviceModelBook.blank(DeviceModelBook.stream(station, T0.date()))
    told = [VariableReport(Variable("Power", "EVSE", evse=Evse(n)), (Attribute(f"{n}"),)) for n in evses]
    book.trigger_event(
        DeviceModelBook.PartReported,
        request_id=7,
        seq_no=number,
        generated_at=T0,
        more=more,
        variables=tuple(told),
        timestamp=T0,
    )
    return book


async def test_the_device_model_is_read_page_by_page_with_what_was_before(api: Api) -> None:
    position = await api.record(part(1, 2, 3), part(9, station="CS2"))
    query = """query($a: String, $p: String, $f: DeviceModelFilter) {
        deviceModel(stationId: "CS1", first: 2, after: $a, filter: $f, atLeastPosition: $p) {
            nodes { component evseId confirmed source history { value source } }
            pageInfo { hasNextPage endCursor } } }"""
    page = (await api.ask(query, p=position))["deviceModel"]
    told = {"component": "EVSE", "source": "REPORT"}
    assert page["nodes"] == [
        told | {"evseId": n, "confirmed": f"{n}", "history": [{"value": f"{n}", "source": "REPORT"}]} for n in (1, 2)
    ]
    rest = (await api.ask(query, a=page["pageInfo"]["endCursor"]))["deviceModel"]
    assert ([node["evseId"] for node in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([3], False)
    found = (await api.ask(query, f={"component": "evse", "variable": "power", "evseId": 3}))["deviceModel"]
    assert [node["evseId"] for node in found["nodes"]] == [3]


async def test_a_report_shows_what_is_missing(api: Api) -> None:
    position = await api.record(part(1, number=2))
    query = """query($p: String, $f: DeviceModelReportFilter) {
        deviceModelReports(first: 2, filter: $f, atLeastPosition: $p) { nodes {
            stationId requestId base askedAt status partsReceived partsExpected missing variables } } }"""
    [report] = (await api.ask(query, p=position, f={"stationId": "CS1", "status": "INCOMPLETE"}))["deviceModelReports"][
        "nodes"
    ]
    assert report == {
        "stationId": "CS1",
        "requestId": 7,
        "base": None,
        "askedAt": None,
        "status": "INCOMPLETE",
        "partsReceived": 1,
        "partsExpected": 3,
        "missing": [0, 1],
        "variables": 1,
    }
