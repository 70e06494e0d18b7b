from decimal import Decimal
from typing import Any

from domain.charging_profiles import ChargingProfileBook, SchedulePeriod
from tests.api.ocpp.line import Line, Refused

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "requestId": 7,
        "chargingLimitSource": "CSO",
        "evseId": 1,
        "chargingProfile": [
            {
                "id": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Absolute",
                "chargingSchedule": [
                    {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
                ],
            }
        ],
    }
}


async def test_a_part_is_noted_with_its_place(v201: Line) -> None:
    assert await v201.call("ReportChargingProfiles", EXAMPLES["2.0.1"] | {"tbc": True}) == {}
    assert await v201.call("ReportChargingProfiles", EXAMPLES["2.0.1"]) == {}
    first, last = v201.all(ChargingProfileBook.Reported)
    assert (first.request_id, first.last, last.last) == (7, False, True)
    [told] = last.profiles
    assert (told.evse_id, told.source, told.profile.id) == (1, "CSO", 1)
    assert told.profile.schedules[0].periods == (SchedulePeriod(0, Decimal("16.0")),)


async def test_an_evse_that_no_station_has_is_refused(v201: Line) -> None:
    answer = await v201.call("ReportChargingProfiles", EXAMPLES["2.0.1"] | {"evseId": -1})
    assert isinstance(answer, Refused)
