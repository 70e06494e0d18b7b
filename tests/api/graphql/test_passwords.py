"""Changing a station's password: it counts at once, is shown once, and stands nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from api.sealing import unseal
from domain.credentials import fingerprint
from domain.events import Command, Station
from domain.journal import load
from tests.api.graphql.conftest import T0, Api
from tests.api.graphql.test_charging_profiles import do
from tests.api.graphql.test_commands import streams

CHANGE = """mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
  command { id payload } password error { code field } position } }"""


async def change(api: Api, **input: Any) -> Any:
    return (await api.ask(CHANGE, input={"stationId": "CS1", "waitSeconds": 0, **input}))["changePassword"]


async def station(api: Api) -> Station:
    return await load(api.journal, Station, Station.stream("CS1"))


async def command(api: Api) -> Command:
    return await load(api.journal, Command, (await streams(api))[0])


async def test_a_password_is_made_and_shown_and_stands_sealed_in_the_journal(api: Api) -> None:
    await api.register("CS1")
    answer = await change(api)
    password = answer["password"]
    assert len(bytes.fromhex(password)) == 20
    assert (await station(api)).offered_credentials == (fingerprint(b"pepper", "CS1", password.encode()),)
    asked = await command(api)
    assert (asked.action, asked.typed) == ("ChangePassword", True)
    assert unseal(b"pepper", "CS1", asked.payload["password"]) == password
    assert password not in str(answer["command"])
    assert (await change(api))["password"] != password


async def test_a_given_password_is_not_shown(api: Api) -> None:
    await api.register("CS1")
    assert (await change(api, password="Correct-Horse_42"))["password"] is None
    assert (await station(api)).offered_credentials == (fingerprint(b"pepper", "CS1", b"Correct-Horse_42"),)


@pytest.mark.parametrize("given", [{}, {"password": "Correct-Horse_42"}])
async def test_the_same_request_again_is_the_same_command_and_password(api: Api, given: dict[str, str]) -> None:
    await api.register("CS1")
    first = await change(api, idempotencyKey="key", **given)
    again = await change(api, idempotencyKey="key", **given)
    assert first["command"]["id"] == again["command"]["id"]
    assert first["password"] == again["password"]
    assert len((await station(api)).offered_credentials) == 1


@pytest.mark.parametrize("password", ["", "too short", "x" * 41, "with spaces in it, and so on", "Grüezi-mitenand!!"])
async def test_a_password_that_some_station_cannot_have_is_refused(api: Api, password: str) -> None:
    await api.register("CS1")
    answer = await change(api, password=password)
    assert (answer["error"]["code"], answer["error"]["field"]) == ("BAD_INPUT", "password")
    assert (await station(api)).offered_credentials == ()


async def test_a_request_that_is_refused_leaves_no_password_behind(api: Api) -> None:
    await api.register("CS1")
    answer = await change(api, waitSeconds=1000)
    assert (answer["error"]["field"], answer["password"]) == ("waitSeconds", None)
    assert (await station(api)).offered_credentials == ()


async def test_a_station_without_passwords_gets_none(api: Api) -> None:
    unknown = await change(api)
    assert unknown["error"]["code"] == "UNKNOWN_STATION"
    certified = Station.blank(Station.stream("CS1"))
    certified.register(security_profile=3, credential=None, at=T0)
    await api.record(certified)
    assert (await change(api))["error"]["code"] == "BAD_INPUT"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "authorizationkey", "value": "00"}),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                        "attributeValue": "secret",
                    }
                ]
            },
        ),
    ],
)
async def test_a_password_that_is_none_is_refused_by_hand_too(api: Api, action: str, payload: dict[str, Any]) -> None:
    await api.register("CS1")
    answer = await do(api, "requestCommand", action=action, payload=payload)
    assert (answer["command"], answer["error"]["field"]) == (None, "payload")
    assert await streams(api) == []


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "AB" * 20}),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                        "attributeValue": "AB" * 20,
                    }
                ]
            },
        ),
    ],
)
async def test_a_password_that_is_changed_by_hand_is_sealed_all_the_same(
    api: Api, action: str, payload: dict[str, Any]
) -> None:
    await api.register("CS1")
    answer = await do(api, "requestCommand", action=action, payload=payload)
    assert answer["error"] is None
    [stream] = [s for s in await streams(api) if s.startswith("command:")]
    [requested] = await api.journal.events(stream)
    assert isinstance(requested, Command.Requested)
    assert (requested.action, list(requested.payload)) == ("ChangePassword", ["password"])
    assert unseal(b"pepper", "CS1", requested.payload["password"]) == "ab" * 20
    station = await load(api.journal, Station, Station.stream("CS1"))
    assert len(station.offered_credentials) == 1


async def test_other_variables_are(api: Api) -> None:
    await api.register("CS1")
    for action, payload in (
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "AuthorizationKey"}),
        ("GetConfiguration", {"key": ["AuthorizationKey"]}),
    ):
        assert (await do(api, "requestCommand", action=action, payload=payload))["error"] is None
