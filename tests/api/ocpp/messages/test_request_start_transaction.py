from typing import Any

import pytest

from tests.api.ocpp.said import said

TYPED = {"idToken": "ABC123", "idTokenType": "ISO14443", "remoteStartId": 7}


@pytest.mark.parametrize(("where", "expected"), [({}, {}), ({"evseId": 2}, {"connectorId": 2})])
def test_1_6_starts_a_connector(where: dict[str, Any], expected: dict[str, Any]) -> None:
    action, payload = said("1.6", "RequestStartTransaction", {**TYPED, **where})
    assert (action, payload) == ("RemoteStartTransaction", {"idTag": "ABC123", **expected})


@pytest.mark.parametrize("where", [{}, {"evseId": 2}])
def test_2_0_1_starts_an_evse(where: dict[str, Any]) -> None:
    action, payload = said("2.0.1", "RequestStartTransaction", {**TYPED, **where})
    token = {"idToken": "ABC123", "type": "ISO14443"}
    assert (action, payload) == ("RequestStartTransaction", {"remoteStartId": 7, "idToken": token, **where})
