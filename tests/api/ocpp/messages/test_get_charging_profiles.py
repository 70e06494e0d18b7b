from typing import Any

import pytest

from domain.charging_profiles import ChargingProfileBook, ChargingProfilePurpose, ReportCriteria
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

ALL = {
    "evseId": 0,
    "chargingProfileId": [1, 2],
    "chargingProfilePurpose": "ChargingStationExternalConstraints",
    "stackLevel": 0,
    "chargingLimitSource": ["EMS"],
}
EXTERNAL = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS


def heard(criteria: dict[str, Any]) -> dict[str, Any]:
    evse = {name: value for name, value in criteria.items() if name == "evseId"}
    rest = {name: value for name, value in criteria.items() if name != "evseId"}
    return {"requestId": 7, **evse, "chargingProfile": rest}


@pytest.mark.parametrize("criteria", [ALL, {}, {"evseId": 1}, {"stackLevel": 2}])
def test_2_0_1_hears_all_criteria_there_are(criteria: dict[str, Any]) -> None:
    assert said("2.0.1", "GetChargingProfiles", {"requestId": 7, **criteria}) == (
        "GetChargingProfiles",
        heard(criteria),
    )


@pytest.mark.parametrize("status", ["Accepted", "NoProfiles"])
@pytest.mark.parametrize(
    ("criteria", "expected"),
    [(ALL, ReportCriteria(0, (1, 2), EXTERNAL, 0, ("EMS",))), ({}, ReportCriteria())],
    ids=["all", "none"],
)
async def test_the_answer_is_noted_with_what_was_asked(
    v201: Line, criteria: dict[str, Any], expected: ReportCriteria, status: str
) -> None:
    [event] = await noted(v201, "GetChargingProfiles", heard(criteria), {"status": status})
    assert isinstance(event, ChargingProfileBook.ReportAsked)
    assert (event.request_id, event.criteria, event.status) == (7, expected, status)
