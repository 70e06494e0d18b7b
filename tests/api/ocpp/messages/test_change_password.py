from __future__ import annotations

from typing import Any

import pytest

from api.ocpp import registry
from api.ocpp.schema import CallFailed
from api.ocpp.sealed import recorded_as, spoken
from api.sealing import seal
from domain.credentials import fingerprint
from domain.events import Station
from domain.journal import load
from tests.api.ocpp.line import Line, official, record
from tests.api.ocpp.said import noted

PEPPER = b"pepper"
KEY = "00ff3a" + "c4" * 17


def sealed(line: Line, password: str) -> tuple[str, dict[str, Any]]:
    typed = {"password": seal(PEPPER, line.station_id, password)}
    return registry.SENDERS[line.version.name, "ChangePassword"](typed)


def heard(line: Line, password: str) -> tuple[str, Any]:
    """What the station is told: the action and the new value."""
    action, payload = sealed(line, password)
    said = spoken(payload, PEPPER, line.station_id)
    official(line.version, action + line.version.request_suffix).validate(said)
    if line.version.name == "1.6":
        assert said["key"] == "AuthorizationKey"
        return action, said["value"]
    [variable] = said["setVariableData"]
    assert (variable["component"], variable["variable"]) == ({"name": "SecurityCtrlr"}, {"name": "BasicAuthPassword"})
    return action, variable["attributeValue"]


@pytest.mark.parametrize(
    ("password", "key"), [(KEY, KEY), (KEY.upper(), KEY), ("Correct-Horse_42", b"Correct-Horse_42".hex())]
)
def test_1_6_is_told_hex_digits(v16: Line, password: str, key: str) -> None:
    assert heard(v16, password) == ("ChangeConfiguration", key)


def test_1_6_cannot_be_told_more_than_20_bytes(v16: Line) -> None:
    with pytest.raises(CallFailed, match="20 bytes"):
        heard(v16, "Correct-Horse_42-and-more")


def test_2_0_1_is_told_the_text_itself(v201: Line) -> None:
    assert heard(v201, "Correct-Horse_42-and-more") == ("SetVariables", "Correct-Horse_42-and-more")


def test_what_is_recorded_does_not_show_it(line: Line) -> None:
    _, payload = sealed(line, KEY)
    assert KEY not in str(recorded_as(payload))
    with pytest.raises(ValueError, match="another"):
        spoken(payload, PEPPER, "another station")


@pytest.mark.parametrize(
    ("status", "counts"),
    [("Accepted", True), ("RebootRequired", True), ("Rejected", False), ("NotSupported", False)],
)
async def test_a_refused_one_counts_no_longer(line: Line, status: str, counts: bool) -> None:
    credential = fingerprint(PEPPER, line.station_id, KEY.encode())
    stream = Station.stream(line.station_id)
    await record(line.node, stream, Station, lambda station: station.offer_credential(credential, line.node.clock()))
    action, payload = sealed(line, KEY)
    request = recorded_as(payload)
    response: dict[str, Any] = {"status": status}
    if line.version.name == "2.0.1":
        [asked] = request["setVariableData"]
        status = "NotSupportedAttributeType" if status == "NotSupported" else status
        result = {"component": asked["component"], "variable": asked["variable"], "attributeStatus": status}
        response = {"setVariableResult": [result]}
    await noted(line, action, request, response)
    station = await load(line.journal, Station, stream)
    assert station.offered_credentials == ((credential,) if counts else ())


async def test_other_keys_are_none_of_its_business(v16: Line) -> None:
    request = {"key": "HeartbeatInterval", "value": "60"}
    events = await noted(v16, "ChangeConfiguration", request, {"status": "Rejected"})
    assert [event.TOPIC for event in events] == ["configuration.change-answered"]
