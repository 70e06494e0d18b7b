from __future__ import annotations

from typing import Any

import pytest

from api.ocpp import registry
from api.ocpp.sealed import Sealed, spoken
from api.sealing import seal
from domain.network import NetworkBook, NetworkProfile
from tests.api.ocpp.line import Line, official
from tests.api.ocpp.said import noted, said

TYPED: dict[str, Any] = {
    "slot": 2,
    "url": "wss://csms.test/ocpp",
    "securityProfile": 2,
    "interface": "Wired0",
    "messageTimeout": 30,
}
DATA: dict[str, Any] = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "wss://csms.test/ocpp",
    "messageTimeout": 30,
    "securityProfile": 2,
    "ocppInterface": "Wired0",
}
WIRE = {"configurationSlot": 2, "connectionData": DATA}


def test_a_profile_is_put_into_a_slot() -> None:
    assert said("2.0.1", "SetNetworkProfile", TYPED) == ("SetNetworkProfile", WIRE)


def test_the_secrets_of_a_network_are_heard_by_the_station_alone(v201: Line) -> None:
    def sealed(secret: str) -> str:
        return seal(b"pepper", "CS201", secret)

    apn = {"apn": "iot", "apnAuthentication": "PAP", "apnPassword": sealed("pw-1")}
    vpn = {"server": "vpn.test", "user": "u", "password": sealed("pw-2"), "key": sealed("k-3"), "type": "IPSec"}
    action, payload = registry.SENDERS["2.0.1", "SetNetworkProfile"]({**TYPED, "apn": apn, "vpn": vpn})
    assert payload["connectionData"]["apn"]["apnPassword"] == Sealed(apn["apnPassword"])
    heard = spoken(payload, b"pepper", "CS201")["connectionData"]
    assert (heard["apn"]["apnPassword"], heard["vpn"]["password"], heard["vpn"]["key"]) == ("pw-1", "pw-2", "k-3")
    official(v201.version, f"{action}Request").validate(spoken(payload, b"pepper", "CS201"))


@pytest.mark.parametrize(("status", "kinds"), [("Accepted", 2), ("Rejected", 1), ("Failed", 1)])
async def test_what_became_of_it_is_noted(v201: Line, status: str, kinds: int) -> None:
    data = DATA | {"apn": {"apn": "iot", "apnAuthentication": "PAP"}}
    event, *taken = await noted(v201, "SetNetworkProfile", WIRE | {"connectionData": data}, {"status": status})
    assert isinstance(event, NetworkBook.ProfileAnswered)
    expected = NetworkProfile("wss://csms.test/ocpp", 2, "Wired0", 30, "iot", None, "OCPP20", "JSON")
    assert (event.slot, event.outcome, event.profile) == (2, status, expected)
    assert len(taken) == kinds - 1
