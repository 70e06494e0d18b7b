"""Settings of stations: asked for in our own words, shown with what is not as it should be."""

from __future__ import annotations

from typing import Any

import pytest

from domain.configuration import ChangeOutcome, ConfigurationBook, Setting, Variable
from domain.events import Command
from domain.journal import load
from domain.streams import COMMAND
from tests.api.graphql.conftest import T0, Api

OUTCOME = "command { action payload status } error { code field } position"
INTERVAL = {"variable": "HeartbeatInterval"}
POWER = {"variable": "Power", "component": "Connector", "instance": "a", "evseId": 2, "connectorId": 1}
DEEP: Any = 1
for _ in range(30):
    DEEP = [DEEP]


async def do(api: Api, name: str, **input: Any) -> Any:
    kind = name[0].upper() + name[1:] + "Input"
    document = f"mutation($i: {kind}!) {{ it: {name}(input: $i) {{ {OUTCOME} }} }}"
    return (await api.ask(document, i={"stationId": "CS1", "waitSeconds": 0, **input}))["it"]


@pytest.mark.parametrize(
    ("mutation", "input", "action", "payload"),
    [
        (
            "changeConfiguration",
            {"variables": [{**POWER, "value": ""}]},
            "SetVariables",
            {"variables": [{**POWER, "value": ""}]},
        ),
        ("getConfiguration", {"variables": [INTERVAL, POWER]}, "GetVariables", {"variables": [INTERVAL, POWER]}),
        (
            "getConfiguration",
            {"variables": [{**INTERVAL, "attribute": "MAX_SET"}, {**INTERVAL, "attribute": "ACTUAL"}]},
            "GetVariables",
            {"variables": [{**INTERVAL, "attribute": "MaxSet"}, INTERVAL]},
        ),
        ("clearCache", {}, "ClearCache", {}),
        ("sendDataTransfer", {"vendorId": "v"}, "DataTransfer", {"vendorId": "v"}),
        (
            "sendDataTransfer",
            {"vendorId": "v", "messageId": "m", "data": {"a": [1]}},
            "DataTransfer",
            {"vendorId": "v", "messageId": "m", "data": {"a": [1]}},
        ),
    ],
)
async def test_a_wish_is_what_the_station_side_expects(
    mutation: str, input: dict[str, Any], action: str, payload: dict[str, Any], api: Api
) -> None:
    await api.register("CS1")
    outcome = await do(api, mutation, **input)
    assert outcome["error"] is None
    assert (outcome["command"]["action"], outcome["command"]["payload"]) == (action, payload)
    [stream] = await api.journal.streams_of(COMMAND, "CS1", 10)
    assert (await load(api.journal, Command, stream)).typed


@pytest.mark.parametrize(
    ("mutation", "input", "field"),
    [
        ("changeConfiguration", {"variables": []}, "variables"),
        ("changeConfiguration", {"variables": [{"variable": "", "value": "1"}]}, "variable"),
        (
            "changeConfiguration",
            {"variables": [{**INTERVAL, "value": "1"}, {"variable": "heartbeatINTERVAL", "value": "2"}]},
            "variables",
        ),
        ("changeConfiguration", {"variables": [{"variable": "x" * 51, "value": "1"}]}, "variable"),
        ("changeConfiguration", {"variables": [{**INTERVAL, "value": "x" * 2501}]}, "value"),
        ("changeConfiguration", {"variables": [{**INTERVAL, "value": "\0"}]}, "value"),
        ("getConfiguration", {"variables": [{**INTERVAL, "component": "\n"}]}, "component"),
        ("getConfiguration", {"variables": [{**INTERVAL, "evseId": 0}]}, "evseId"),
        ("getConfiguration", {"variables": [{**INTERVAL, "connectorId": 1}]}, "connectorId"),
        ("getConfiguration", {"variables": [INTERVAL] * 501}, "variables"),
        ("sendDataTransfer", {"vendorId": ""}, "vendorId"),
        ("sendDataTransfer", {"vendorId": "v", "messageId": "x" * 51}, "messageId"),
        ("sendDataTransfer", {"vendorId": "v", "data": DEEP}, "data"),
    ],
)
async def test_bad_wishes_are_refused_and_leave_nothing(
    mutation: str, input: dict[str, Any], field: str, api: Api
) -> None:
    await api.register("CS1")
    refused = await do(api, mutation, **input)
    assert refused["error"] == {"code": "BAD_INPUT", "field": field}
    assert await api.journal.streams_of(COMMAND, "CS1", 10) == []


async def test_stations_that_differ_from_what_was_asked_are_found(api: Api) -> None:
    books = []
    for n in range(4):
        book = ConfigurationBook.blank(ConfigurationBook.stream(f"CS{n}", T0.date()))
        change = {"variable": Variable("A"), "value": "1", "outcome": ChangeOutcome.ACCEPTED}
        book.trigger_event(ConfigurationBook.ChangeAnswered, timestamp=T0, **change)
        if n != 2:
            setting = Setting(Variable("A"), "2", False)
            book.trigger_event(ConfigurationBook.Reported, timestamp=T0, settings=(setting,))
        books.append(book)
    position = await api.record(*books)
    query = """query($n: Int!, $a: String, $p: String) {
        configurationDrifts(first: $n, after: $a, atLeastPosition: $p) {
            nodes { stationId settings } pageInfo { hasNextPage endCursor }
        } }"""
    page = (await api.ask(query, n=2, p=position))["configurationDrifts"]
    assert page["nodes"] == [{"stationId": "CS0", "settings": 1}, {"stationId": "CS1", "settings": 1}]
    assert page["pageInfo"]["hasNextPage"]
    rest = (await api.ask(query, n=2, a=page["pageInfo"]["endCursor"]))["configurationDrifts"]
    assert rest["nodes"] == [{"stationId": "CS3", "settings": 1}]
    assert not rest["pageInfo"]["hasNextPage"]
