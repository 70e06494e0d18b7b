from __future__ import annotations

from typing import Any

import pytest

from api.ocpp.schema import CallFailed
from domain.configuration import ConfigurationBook, Variable
from domain.values import Evse
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

KEY = {"variable": "MeterValueSampleInterval", "value": "60"}
EVERYTHING = {
    "component": "Connector",
    "componentInstance": "left",
    "evseId": 2,
    "connectorId": 1,
    "variable": "Power",
    "instance": "a",
    "value": "7",
}


def test_in_1_6_a_key_is_changed() -> None:
    expected = {"key": "MeterValueSampleInterval", "value": "60"}
    assert said("1.6", "SetVariables", {"variables": [KEY]}) == ("ChangeConfiguration", expected)


def test_in_2_0_1_variables_of_components_are_changed() -> None:
    least = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold", "value": "123"}
    action, payload = said("2.0.1", "SetVariables", {"variables": [least, EVERYTHING]})
    assert (action, payload["setVariableData"]) == (
        "SetVariables",
        [
            {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "OfflineThreshold"},
                "attributeValue": "123",
            },
            {
                "component": {"name": "Connector", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
                "variable": {"name": "Power", "instance": "a"},
                "attributeValue": "7",
            },
        ],
    )


@pytest.mark.parametrize(
    ("version", "variables", "words"),
    [
        ("1.6", [KEY, KEY], "one key at a time"),
        ("1.6", [EVERYTHING], "name the variable alone"),
        ("2.0.1", [KEY], "name the component"),
    ],
)
def test_what_a_version_has_no_words_for_is_not_said(version: str, variables: list[Any], words: str) -> None:
    with pytest.raises(CallFailed, match=words):
        said(version, "SetVariables", {"variables": variables})


@pytest.mark.parametrize("status", ["Accepted", "Rejected", "RebootRequired", "NotSupported"])
async def test_in_1_6_the_outcome_is_noted(status: str, v16: Line) -> None:
    [event] = await noted(v16, "ChangeConfiguration", {"key": "K", "value": "1"}, {"status": status})
    assert isinstance(event, ConfigurationBook.ChangeAnswered)
    assert (event.variable, event.value, event.outcome) == (Variable("K"), "1", status)


async def test_in_2_0_1_each_outcome_is_noted_in_whatever_order_they_come(v201: Line) -> None:
    def about(name: str, **more: Any) -> dict[str, Any]:
        return {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": name}, **more}

    request = {"setVariableData": [about("A", attributeValue="1"), about("B", attributeValue="2")]}
    results = [about("b", attributeStatus="UnknownVariable"), about("A", attributeStatus="RebootRequired")]
    events = await noted(v201, "SetVariables", request, {"setVariableResult": results})
    assert [(e.variable.name, e.value, e.outcome) for e in events] == [  # type: ignore[attr-defined]
        ("b", "2", "NotSupported"),
        ("A", "1", "RebootRequired"),
    ]
    assert events[1].variable == Variable("A", "EVSE", evse=Evse(1))  # type: ignore[attr-defined]


async def test_a_result_that_nobody_asked_for_is_nothing(v201: Line) -> None:
    named = {"component": {"name": "C"}, "variable": {"name": "A"}}
    other = {"component": {"name": "C"}, "variable": {"name": "Z"}, "attributeStatus": "Accepted"}
    request = {"setVariableData": [{**named, "attributeValue": "1"}]}
    assert await noted(v201, "SetVariables", request, {"setVariableResult": [other]}) == []


async def test_a_secret_is_masked(v16: Line, v201: Line) -> None:
    [event] = await noted(v16, "ChangeConfiguration", {"key": "AUTHORIZATIONKEY", "value": "s"}, {"status": "Accepted"})
    assert event.value == "********"  # type: ignore[attr-defined]
    named = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    request = {"setVariableData": [{**named, "attributeValue": "s"}]}
    response = {"setVariableResult": [{**named, "attributeStatus": "Accepted"}]}
    [event] = await noted(v201, "SetVariables", request, response)
    assert event.value == "********"  # type: ignore[attr-defined]
