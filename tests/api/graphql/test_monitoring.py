"""Monitors, displays and customers' data: what may be asked for, in which words, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from domain.events import Command
from domain.journal import load
from domain.streams import COMMAND
from tests.api.graphql.conftest import Api

DRAWN = ("requestId",)
POWER = {"component": "EVSE", "evseId": 1, "variable": "Power", "type": "UpperThreshold", "value": "7", "severity": 4}
TELL = {"report": True, "clear": False}
CARD = TELL | {"idToken": "A"}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab", "issuerKeyHash": "CD", "serialNumber": "FFF"}


async def ask(api: Api, mutation: str, **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:]
    it = f"it: {mutation}(input: $input) {{ command {{ id }} error {{ code field }} }}"
    document = f"mutation ($input: {kind}Input!) {{ {it} }}"
    return (await api.ask(document, input={"stationId": "CS1", "waitSeconds": 0} | input))["it"]


async def asked(api: Api, mutation: str, **input: Any) -> tuple[str, dict[str, Any]]:
    """The command that a mutation makes, without the number that was drawn for it."""
    await api.register("CS1")
    assert (await ask(api, mutation, **input))["error"] is None
    [stream] = await api.journal.streams_of(COMMAND, "CS1", 9)
    command = await load(api.journal, Command, stream)
    assert command.typed
    for name in DRAWN:
        assert 1 <= command.payload.pop(name, 1) < 2**31
    return command.action, command.payload


@pytest.mark.parametrize(
    ("mutation", "input", "action", "payload"),
    [
        ("setMonitoringBase", {"base": "All"}, "SetMonitoringBase", {"monitoringBase": "All"}),
        ("setMonitoringLevel", {"severity": 0}, "SetMonitoringLevel", {"severity": 0}),
        (
            "setVariableMonitoring",
            {"monitors": [POWER | {"value": "-0.000001", "transaction": True, "monitorId": 0}]},
            "SetVariableMonitoring",
            {"monitors": [POWER | {"value": "-0.000001", "transaction": True, "id": 0}]},
        ),
        ("clearVariableMonitoring", {"monitorIds": [1, 2]}, "ClearVariableMonitoring", {"ids": [1, 2]}),
        ("getMonitoringReport", {}, "GetMonitoringReport", {}),
        (
            "getMonitoringReport",
            {"criteria": ["DeltaMonitoring"], "variables": [{"component": "EVSE", "componentInstance": "left"}]},
            "GetMonitoringReport",
            {"criteria": ["DeltaMonitoring"], "variables": [{"component": "EVSE", "componentInstance": "left"}]},
        ),
        (
            "setDisplayMessage",
            {"messageId": 1, "text": "Hi", "startsAt": "2026-11-20T13:00:00+01:00", "display": {"component": "D"}},
            "SetDisplayMessage",
            {
                "id": 1,
                "priority": "NormalCycle",
                "content": {"text": "Hi", "format": "UTF8"},
                "startsAt": "2026-11-20T12:00:00.000Z",
                "display": {"component": "D"},
            },
        ),
        (
            "getDisplayMessages",
            {"messageIds": [1], "state": "Idle"},
            "GetDisplayMessages",
            {"ids": [1], "state": "Idle"},
        ),
        ("clearDisplayMessage", {"messageId": 0}, "ClearDisplayMessage", {"id": 0}),
        ("requestCustomerInformation", CARD, "CustomerInformation", CARD | {"idTokenType": "ISO14443"}),
        (
            "requestCustomerInformation",
            {"customerCertificate": HASH, "report": False, "clear": True},
            "CustomerInformation",
            {"customerCertificate": HASH, "report": False, "clear": True},
        ),
    ],
)
async def test_a_station_is_asked_in_our_words(
    api: Api, mutation: str, input: dict[str, Any], action: str, payload: dict[str, Any]
) -> None:
    assert await asked(api, mutation, **input) == (action, payload)


async def test_a_message_without_a_number_gets_one(api: Api) -> None:
    _, payload = await asked(api, "setDisplayMessage", text="Hi", idempotencyKey="1")
    assert 1 <= payload["id"] < 2**31
    assert (await ask(api, "setDisplayMessage", text="Hi", idempotencyKey="1"))["error"] is None
    assert len(await api.journal.streams_of(COMMAND, "CS1", 9)) == 1


@pytest.mark.parametrize(
    ("mutation", "input", "field"),
    [
        ("setMonitoringLevel", {"severity": 10}, "severity"),
        ("setVariableMonitoring", {"monitors": []}, "monitors"),
        ("setVariableMonitoring", {"monitors": [POWER | {"severity": -1}]}, "severity"),
        ("setVariableMonitoring", {"monitors": [POWER | {"value": "0.0000001"}]}, "value"),
        ("setVariableMonitoring", {"monitors": [POWER | {"value": "1e13"}]}, "value"),
        ("setVariableMonitoring", {"monitors": [POWER | {"variable": ""}]}, "variable"),
        ("setVariableMonitoring", {"monitors": [POWER | {"monitorId": -1}]}, "monitorId"),
        ("clearVariableMonitoring", {"monitorIds": []}, "monitorIds"),
        ("clearVariableMonitoring", {"monitorIds": [-1]}, "monitorIds"),
        ("getMonitoringReport", {"criteria": ["DeltaMonitoring"] * 2}, "criteria"),
        ("getMonitoringReport", {"variables": [{"component": "x" * 51}]}, "component"),
        ("setDisplayMessage", {"text": ""}, "text"),
        ("setDisplayMessage", {"text": "x" * 513}, "text"),
        ("setDisplayMessage", {"text": "x", "messageId": -1}, "messageId"),
        ("setDisplayMessage", {"text": "x", "language": "x" * 9}, "language"),
        ("setDisplayMessage", {"text": "x", "transactionId": "x" * 37}, "transactionId"),
        (
            "setDisplayMessage",
            {"text": "x", "startsAt": "2026-11-20T12:00:00Z", "endsAt": "2026-11-20T12:00:00Z"},
            "endsAt",
        ),
        ("setDisplayMessage", {"text": "x", "endsAt": "0001-01-01T00:00:00+14:00"}, "endsAt"),
        ("clearDisplayMessage", {"messageId": -1}, "messageId"),
        ("requestCustomerInformation", {"idToken": "A", "report": False, "clear": False}, "report"),
        ("requestCustomerInformation", TELL, "idToken"),
        ("requestCustomerInformation", CARD | {"customerIdentifier": "x"}, "idToken"),
        (
            "requestCustomerInformation",
            {"customerIdentifier": "", "report": True, "clear": False},
            "customerIdentifier",
        ),
    ],
)
async def test_what_no_station_can_be_asked_is_refused(
    api: Api, mutation: str, input: dict[str, Any], field: str
) -> None:
    await api.register("CS1")
    assert await ask(api, mutation, **input) == {"command": None, "error": {"code": "BAD_INPUT", "field": field}}
    assert await api.journal.streams_of(COMMAND, "CS1", 9) == []


@pytest.mark.parametrize(
    ("input", "error"),
    [
        ({"stationId": "CS1", "requestId": 7}, None),
        ({"stationId": "CS1", "requestId": -1}, {"code": "BAD_INPUT", "field": "requestId"}),
        ({"stationId": "CS2", "requestId": 7}, {"code": "UNKNOWN_STATION", "field": "stationId"}),
    ],
)
async def test_data_is_forgotten_by_the_number_of_its_request(api: Api, input: dict[str, Any], error: Any) -> None:
    await api.register("CS1")
    it = "it: forgetCustomerInformation(input: $i) { error { code field } }"
    document = f"mutation($i: ForgetCustomerInformationInput!) {{ {it} }}"
    assert (await api.ask(document, i=input))["it"]["error"] == error
    shown = await api.ask("{ customerInformation(first: 5) { nodes { requestId data forgottenAt } } }")
    found = [one["forgottenAt"] is not None for one in shown["customerInformation"]["nodes"]]
    assert found == ([] if error else [True])
