from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.charging_profiles import ChargingProfileBook, ChargingRateUnit, CompositeSchedule, SchedulePeriod
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

START = "2026-11-20T12:00:00Z"
PERIODS = [{"startPeriod": 0, "limit": 6.1, "numberPhases": 3}, {"startPeriod": 30, "limit": 0}]
SCHEDULE = CompositeSchedule(
    ChargingRateUnit.A,
    (SchedulePeriod(0, Decimal("6.1"), 3), SchedulePeriod(30, Decimal(0))),
    datetime(2026, 11, 20, 12, tzinfo=UTC),
    60,
)
ASKED = {"1.6": {"connectorId": 1, "duration": 60}, "2.0.1": {"evseId": 1, "duration": 60}}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("unit", [{}, {"chargingRateUnit": "W"}])
def test_both_versions_are_asked_alike(version: str, unit: dict[str, str]) -> None:
    typed = {"evseId": 1, "duration": 60, **unit}
    assert said(version, "GetCompositeSchedule", typed) == ("GetCompositeSchedule", {**ASKED[version], **unit})


@pytest.mark.parametrize("start", [{"scheduleStart": START}, {}])
async def test_1_6_tells_a_schedule(v16: Line, start: dict[str, Any]) -> None:
    schedule = {"duration": 60, "chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS, "startSchedule": START}
    response = {"status": "Accepted", "connectorId": 1, **start, "chargingSchedule": schedule}
    [event] = await noted(v16, "GetCompositeSchedule", ASKED["1.6"], response)
    assert isinstance(event, ChargingProfileBook.CompositeScheduleReported)
    assert (event.evse_id, event.status, event.schedule) == (1, "Accepted", SCHEDULE)


async def test_2_0_1_tells_a_schedule(v201: Line) -> None:
    schedule = {
        "evseId": 1,
        "duration": 60,
        "scheduleStart": START,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": PERIODS,
    }
    response = {"status": "Accepted", "schedule": schedule}
    [event] = await noted(v201, "GetCompositeSchedule", ASKED["2.0.1"], response)
    assert isinstance(event, ChargingProfileBook.CompositeScheduleReported)
    assert (event.evse_id, event.status, event.schedule) == (1, "Accepted", SCHEDULE)


async def test_a_station_that_tells_none_is_noted_too(line: Line) -> None:
    asked = ASKED[line.version.name]
    [event] = await noted(line, "GetCompositeSchedule", asked, {"status": "Rejected"})
    assert isinstance(event, ChargingProfileBook.CompositeScheduleReported)
    assert (event.evse_id, event.status, event.schedule) == (1, "Rejected", None)
