from typing import Any

import pytest

from domain.charging_profiles import ChargingProfileBook, RemoteStart
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

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


def test_the_group_of_the_token_is_said_where_the_version_has_a_word_for_it() -> None:
    typed = {**TYPED, "groupId": "FLEET"}
    assert said("1.6", "RequestStartTransaction", typed)[1] == {"idTag": "ABC123"}
    group = said("2.0.1", "RequestStartTransaction", typed)[1]["groupIdToken"]
    assert group == {"idToken": "FLEET", "type": "Central"}


RELATIVE: dict[str, Any] = {
    "id": 3,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": "6000"}]},
}


@pytest.mark.parametrize(("version", "number"), [("1.6", "chargingProfileId"), ("2.0.1", "id")])
def test_a_profile_may_come_with_it(version: str, number: str) -> None:
    _, payload = said(version, "RequestStartTransaction", {**TYPED, "chargingProfile": RELATIVE})
    profile = payload["chargingProfile"]
    assert (profile[number], profile["chargingProfilePurpose"]) == (3, "TxProfile")
    assert "transactionId" not in profile


@pytest.mark.parametrize("where", [{}, {"evseId": 2}])
async def test_the_profile_is_noted_with_the_token_whose_transaction_it_waits_for(
    line: Line, where: dict[str, Any]
) -> None:
    typed = {**TYPED, **where, "chargingProfile": RELATIVE}
    action, request = said(line.version.name, "RequestStartTransaction", typed)
    [event] = await noted(line, action, request, {"status": "Accepted"})
    assert isinstance(event, ChargingProfileBook.Set)
    assert (event.profile.id, event.evse_id, event.accepted) == (3, where.get("evseId"), True)
    expected = RemoteStart("ABC123", None if line.version.name == "1.6" else 7)
    assert event.remote_start == expected


@pytest.mark.parametrize(
    ("told", "response"),
    [({"remoteStartId": 7}, {}), ({}, {"transactionId": "TX1"})],
    ids=["the transaction was told first", "the cable was there first"],
)
async def test_the_profile_waits_for_no_transaction_that_runs_already(
    v201: Line, told: dict[str, Any], response: dict[str, Any]
) -> None:
    event = {
        "eventType": "Started",
        "timestamp": "2026-11-20T12:00:00Z",
        "triggerReason": "RemoteStart",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "TX1", **told},
        "evse": {"id": 2, "connectorId": 1},
    }
    await v201.call("TransactionEvent", event)
    action, request = said("2.0.1", "RequestStartTransaction", {**TYPED, "chargingProfile": RELATIVE})
    [noticed] = await noted(v201, action, request, {"status": "Accepted", **response})
    assert isinstance(noticed, ChargingProfileBook.Set)
    assert (noticed.profile.transaction_id, noticed.evse_id, noticed.remote_start) == ("TX1", 2, None)


async def test_without_a_profile_nothing_is_noted(line: Line) -> None:
    action, request = said(line.version.name, "RequestStartTransaction", TYPED)
    assert await noted(line, action, request, {"status": "Accepted"}) == []
