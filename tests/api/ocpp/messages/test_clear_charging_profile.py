from __future__ import annotations

from typing import Any

import pytest

from domain.charging_profiles import ChargingProfileBook, ChargingProfilePurpose, Criteria
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

BY_ID = {"chargingProfileId": 7}
ALL_THREE = {"evseId": 1, "chargingProfilePurpose": "ChargingStationMaxProfile", "stackLevel": 0}
CRITERIA = Criteria(None, 1, ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE, 0)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (BY_ID, {"id": 7}),
        ({**BY_ID, "stackLevel": 1}, {"id": 7}),
        (ALL_THREE, {"connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 0}),
        ({"evseId": 0}, {"connectorId": 0}),
        ({}, {}),
    ],
)
def test_1_6_is_told_an_id_or_criteria_or_nothing(typed: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said("1.6", "ClearChargingProfile", typed) == ("ClearChargingProfile", expected)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [(BY_ID, BY_ID), (ALL_THREE, {"chargingProfileCriteria": ALL_THREE}), ({}, {})],
)
def test_2_0_1_is_told_an_id_or_criteria_or_nothing(typed: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said("2.0.1", "ClearChargingProfile", typed) == ("ClearChargingProfile", expected)


@pytest.mark.parametrize("status", ["Accepted", "Unknown"])
@pytest.mark.parametrize(
    ("typed", "criteria"),
    [(BY_ID, Criteria(7)), (ALL_THREE, CRITERIA), ({}, Criteria())],
    ids=["id", "criteria", "all"],
)
async def test_the_answer_is_noted_with_what_was_asked(
    line: Line, typed: dict[str, Any], criteria: Criteria, status: str
) -> None:
    _, request = said(line.version.name, "ClearChargingProfile", typed)
    [event] = await noted(line, "ClearChargingProfile", request, {"status": status})
    assert isinstance(event, ChargingProfileBook.Cleared)
    assert (event.criteria, event.status) == (criteria, status)
