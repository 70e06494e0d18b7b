from __future__ import annotations

from typing import Any

import pytest

from api.ocpp.parts import parts_of
from api.ocpp.schema import CallFailed
from domain.configuration import ConfigurationBook, Setting, Variable
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ([], {}),
        ([{"variable": "A"}, {"variable": "B"}], {"key": ["A", "B"]}),
    ],
)
def test_in_1_6_keys_are_asked_for_or_everything(variables: list[Any], expected: dict[str, Any]) -> None:
    assert said("1.6", "GetVariables", {"variables": variables}) == ("GetConfiguration", expected)


def test_in_2_0_1_variables_of_components_are_asked_for() -> None:
    typed = {"variables": [{"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}]}
    asked = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
    assert said("2.0.1", "GetVariables", typed) == ("GetVariables", {"getVariableData": [asked]})


def test_in_2_0_1_everything_is_asked_for_by_a_report() -> None:
    asked = {"requestId": 7, "reportBase": "FullInventory"}
    assert said("2.0.1", "GetVariables", {"variables": [], "requestId": 7}) == ("GetBaseReport", asked)


@pytest.mark.parametrize(
    ("version", "variables"),
    [
        ("2.0.1", [{"variable": "A"}]),
        ("1.6", [{"component": "C", "variable": "A"}]),
        ("1.6", [{"variable": "A", "attribute": "Target"}]),
    ],
)
def test_what_a_version_has_no_words_for_is_not_said(version: str, variables: list[Any]) -> None:
    with pytest.raises(CallFailed):
        said(version, "GetVariables", {"variables": variables})


async def test_in_1_6_keys_are_noted_with_what_may_be_done_to_them(v16: Line) -> None:
    keys: list[dict[str, Any]] = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "CpoName", "readonly": False},
        {"key": "AuthorizationKey", "readonly": False},
    ]
    response = {"configurationKey": keys, "unknownKey": ["Nothing"]}
    [event] = await noted(v16, "GetConfiguration", {}, response)
    assert isinstance(event, ConfigurationBook.Reported)
    assert event.settings == (
        Setting(Variable("HeartbeatInterval"), "60", False),
        Setting(Variable("NumberOfConnectors"), "2", True),
        Setting(Variable("CpoName"), "", False),
        Setting(Variable("AuthorizationKey"), None, False),
    )
    assert event.unknown == (Variable("Nothing"),)


async def test_an_empty_answer_is_one(v16: Line) -> None:
    [event] = await noted(v16, "GetConfiguration", {"key": ["A"]}, {})
    assert (event.settings, event.unknown) == ((), ())  # type: ignore[attr-defined]


async def test_in_2_0_1_each_result_is_noted(v201: Line) -> None:
    def result(name: str, status: str, **more: Any) -> dict[str, Any]:
        return {"component": {"name": "C"}, "variable": {"name": name}, "attributeStatus": status, **more}

    results = [
        result("A", "Accepted", attributeValue="1"),
        result("B", "Rejected"),
        result("D", "UnknownVariable"),
    ]
    request = {"getVariableData": [{"component": {"name": "C"}, "variable": {"name": "A"}}]}
    [event] = await noted(v201, "GetVariables", request, {"getVariableResult": results})
    assert isinstance(event, ConfigurationBook.Reported)
    assert event.settings == (Setting(Variable("A", "C"), "1"), Setting(Variable("B", "C"), None))
    assert event.unknown == (Variable("D", "C"),)


async def test_a_secret_that_a_station_tells_is_masked(v16: Line) -> None:
    keys = [{"key": "AuthorizationKey", "readonly": False, "value": "s3cret"}]
    [event] = await noted(v16, "GetConfiguration", {}, {"configurationKey": keys})
    assert event.settings[0].value == "********"  # type: ignore[attr-defined]


async def test_in_1_6_the_keys_that_limit_messages_are_remembered(v16: Line) -> None:
    def key(name: str, value: str) -> dict[str, Any]:
        return {"key": name, "readonly": True, "value": value}

    keys = [key("GetConfigurationMaxKeys", "2"), key("SendLocalListMaxLength", "9"), key("ItemsPerMessage", "7")]
    _, *learned = await noted(v16, "GetConfiguration", {}, {"configurationKey": keys})
    assert len(learned) == 2
    station = v16.session.station
    assert station.message_limit("LocalAuthListCtrlr").items == 9
    _, payload = said("1.6", "GetVariables", {"variables": [{"variable": name} for name in "ABC"]})
    parts = parts_of(v16.version, "GetConfiguration", payload, station)
    assert parts == [{"key": ["A", "B"]}, {"key": ["C"]}]
