"""A charging profile with everything in it, in our words and in those of the versions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    RecurrencyKind,
    SchedulePeriod,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

TYPED: dict[str, Any] = {
    "id": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": "2026-11-20T13:00:00+01:00",
    "validTo": "2026-11-21T12:00:00+00:00",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "startSchedule": "2026-11-20T12:00:00+00:00",
        "duration": 3600,
        "minChargingRate": "6",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": "16.3"},
            {"startPeriod": 60, "limit": "6", "numberPhases": 1},
        ],
    },
}
_SCHEDULE: dict[str, Any] = {
    "chargingRateUnit": "A",
    "startSchedule": "2026-11-20T12:00:00.000Z",
    "duration": 3600,
    "minChargingRate": 6.0,
    "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": 16.3},
        {"startPeriod": 60, "limit": 6.0, "numberPhases": 1},
    ],
}
_BOTH: dict[str, Any] = {
    "stackLevel": 2,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": "2026-11-20T12:00:00.000Z",
    "validTo": "2026-11-21T12:00:00.000Z",
}
V16 = {"chargingProfileId": 7, **_BOTH, "chargingSchedule": _SCHEDULE}
V201 = {"id": 7, **_BOTH, "chargingSchedule": [{"id": 7, **_SCHEDULE}]}

PROFILE = ChargingProfile(
    id=7,
    stack_level=2,
    purpose=ChargingProfilePurpose.TX_DEFAULT_PROFILE,
    kind=ChargingProfileKind.RECURRING,
    schedules=(
        ChargingSchedule(
            ChargingRateUnit.A,
            (SchedulePeriod(0, Decimal("16.3")), SchedulePeriod(60, Decimal("6.0"), 1)),
            NOON,
            3600,
            Decimal("6.0"),
        ),
    ),
    recurrency=RecurrencyKind.DAILY,
    valid_from=NOON,
    valid_to=NOON.replace(day=21),
)
