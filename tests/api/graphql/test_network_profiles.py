"""Connection profiles as they are asked for: their secrets stand nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.sealing import unseal
from domain.events import Command
from domain.journal import load
from domain.streams import COMMAND
from tests.api.graphql.conftest import Api

PROFILE: dict[str, Any] = {"slot": 1, "url": "wss://csms.test", "securityProfile": 2, "interface": "Wired0"}
APN = {"apn": "iot", "authentication": "PAP", "userName": "u", "password": "s3cret-1", "preferredNetwork": "26201"}
VPN = {"server": "vpn.test", "user": "u", "password": "s3cret-2", "key": "s3cret-3", "type": "IPSec", "group": "g"}


async def ask(api: Api, mutation: str = "setNetworkProfile", **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:]
    it = f"it: {mutation}(input: $input) {{ command {{ id payload }} error {{ code field }} }}"
    document = f"mutation ($input: {kind}Input!) {{ {it} }}"
    return (await api.ask(document, input={"stationId": "CS1", "waitSeconds": 0} | input))["it"]


async def test_the_secrets_of_a_network_are_sealed(api: Api) -> None:
    await api.register("CS1")
    outcome = await ask(api, **PROFILE, apn=APN | {"useOnlyPreferredNetwork": True}, vpn=VPN)
    assert outcome["error"] is None
    [stream] = await api.journal.streams_of(COMMAND, "CS1", 10)
    payload = (await load(api.journal, Command, stream)).payload
    assert "s3cret" not in json.dumps([payload, outcome])
    pepper = api.services.pepper
    assert unseal(pepper, "CS1", payload["apn"].pop("apnPassword")) == "s3cret-1"
    assert unseal(pepper, "CS1", payload["vpn"].pop("password")) == "s3cret-2"
    assert unseal(pepper, "CS1", payload["vpn"].pop("key")) == "s3cret-3"
    assert payload == {
        "slot": 1,
        "url": "wss://csms.test",
        "securityProfile": 2,
        "interface": "Wired0",
        "messageTimeout": 30,
        "apn": {
            "apn": "iot",
            "apnAuthentication": "PAP",
            "apnUserName": "u",
            "preferredNetwork": "26201",
            "useOnlyPreferredNetwork": True,
        },
        "vpn": {"server": "vpn.test", "user": "u", "type": "IPSec", "group": "g"},
    }


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"slot": -1}, "slot"),
        ({"url": "https://csms.test"}, "url"),
        ({"url": "wss://" + "x" * 507}, "url"),
        ({"securityProfile": 4}, "securityProfile"),
        ({"messageTimeoutSeconds": 0}, "messageTimeoutSeconds"),
        ({"apn": APN | {"password": "x" * 21}}, "password"),
        ({"apn": APN | {"password": "\u00e9"}}, "password"),
        ({"apn": APN | {"preferredNetwork": "1234567"}}, "preferredNetwork"),
        ({"vpn": VPN | {"key": "x" * 256}}, "key"),
        ({"vpn": VPN | {"user": ""}}, "user"),
    ],
)
async def test_what_no_station_takes_is_refused(input: dict[str, Any], field: str, api: Api) -> None:
    await api.register("CS1")
    assert (await ask(api, **PROFILE | input))["error"] == {"code": "BAD_INPUT", "field": field}
    assert await api.journal.streams_of(COMMAND, "CS1", 10) == []


@pytest.mark.parametrize("way", [{"apn": {"apnPassword": "s"}}, {"vpn": {"key": "s"}}, {"basicAuthPassword": "s"}])
async def test_secrets_do_not_go_by_hand(way: dict[str, Any], api: Api) -> None:
    await api.register("CS1")
    payload = {"configurationSlot": 1, "connectionData": way}
    document = "mutation ($input: RequestCommandInput!) { it: requestCommand(input: $input) { error { code field } } }"
    asked = {"stationId": "CS1", "action": "SetNetworkProfile", "payload": payload, "waitSeconds": 0}
    refused = (await api.ask(document, input=asked))["it"]
    assert refused["error"] == {"code": "BAD_INPUT", "field": "payload"}
    assert await api.journal.streams_of(COMMAND, "CS1", 10) == []


async def test_slots_are_preferred_in_an_order(api: Api) -> None:
    await api.register("CS1")
    asked = (await ask(api, "setNetworkPriority", slots=[2, 0]))["command"]["payload"]
    variable = {"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority"}
    assert asked == {"variables": [variable | {"value": "2,0"}]}
    for slots in ([], [-1], [1] * 101):
        refused = await ask(api, "setNetworkPriority", slots=slots)
        assert refused["error"] == {"code": "BAD_INPUT", "field": "slots"}
