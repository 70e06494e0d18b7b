from decimal import Decimal
from typing import Any

from domain.charging_profiles import ChargingProfileBook, SchedulePeriod
from tests.api.ocpp.line import Line

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "chargingLimit": {"chargingLimitSource": "SO"},
        "evseId": 1,
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
        ],
    }
}


async def test_a_limit_is_noted_with_who_set_it(v201: Line) -> None:
    assert await v201.call("NotifyChargingLimit", EXAMPLES["2.0.1"]) == {}
    [event] = v201.happened
    assert isinstance(event, ChargingProfileBook.LimitNotified)
    assert (event.source, event.evse_id, event.grid_critical) == ("SO", 1, None)
    assert event.schedules[0].periods == (SchedulePeriod(0, Decimal("16.0")),)


async def test_a_limit_of_the_whole_station_names_no_evse(v201: Line) -> None:
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    assert await v201.call("NotifyChargingLimit", {"chargingLimit": limit}) == {}
    [event] = v201.happened
    assert isinstance(event, ChargingProfileBook.LimitNotified)
    assert (event.evse_id, event.grid_critical, event.schedules) == (None, True, ())
