# mypy: disallow_untyped_decorators=false
"""Charging profiles as a front-end asks for them, checked by the rules of the standard (1.6 §3.13, 2.0.1 K01)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import strawberry

from api.graphql.charging_profiles import LIMIT, SECONDS
from api.graphql.deciding import within_bounds
from api.graphql.enums import ChargingProfileKind, ChargingProfilePurpose, ChargingRateUnit, RecurrencyKind
from api.graphql.errors import bad_input
from api.graphql.sales_tariffs import SalesTariffInput, typed_sales_tariff
from api.graphql.scalars import INT_MAX

_MOST_PERIODS = 1024
_MOST_SCHEDULES = 3
_MOST_DECIMALS = 6
_HIGHEST_LIMIT = 10**12


@strawberry.input
class ChargingSchedulePeriodInput:
    start_period: int = strawberry.field(description=f"{SECONDS} The first is 0.")
    limit: Decimal = strawberry.field(description=f"{LIMIT} 1.6 stations are told tenths, rounded down.")
    number_phases: int | None = strawberry.field(default=None, description="Null: three.")
    phase_to_use: int | None = strawberry.field(default=None, description="2.x, with one phase: which.")


@strawberry.input
class ChargingScheduleInput:
    charging_rate_unit: ChargingRateUnit
    periods: list[ChargingSchedulePeriodInput]
    start_schedule: datetime | None = strawberry.field(default=None, description="Needed unless the kind is RELATIVE.")
    duration: int | None = strawberry.field(default=None, description="Seconds; null: the last period does not end.")
    min_charging_rate: Decimal | None = None
    sales_tariff: SalesTariffInput | None = strawberry.field(default=None, description="2.x, for ISO 15118.")


@strawberry.input
class ChargingProfileInput:
    id: int = strawberry.field(description="Of this station; a profile that has it already is replaced.")
    stack_level: int = strawberry.field(default=0, description="The highest that is valid counts.")
    purpose: ChargingProfilePurpose
    kind: ChargingProfileKind
    recurrency_kind: RecurrencyKind | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    schedule: ChargingScheduleInput | None = strawberry.field(default=None, description="This, or `schedules`.")
    schedules: list[ChargingScheduleInput] | None = strawberry.field(
        default=None, description="2.x: up to three for a TX_PROFILE, of which a car chooses (ISO 15118)."
    )


def typed_profile(profile: ChargingProfileInput) -> dict[str, Any]:
    """The profile as commands hold it. Refuses what no station may be sent."""
    within_bounds("id", profile.id, 0, INT_MAX)
    within_bounds("stackLevel", profile.stack_level, 0, INT_MAX)
    if profile.purpose is ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:
        raise bad_input(
            "purpose", "external constraints are what others demand of the station: they are not ours to set"
        )
    schedules = _schedules(profile)
    for schedule in schedules:
        _check_times(profile, schedule)
    typed = {
        "id": profile.id,
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": profile.purpose.value,
        "chargingProfileKind": profile.kind.value,
        "recurrencyKind": profile.recurrency_kind.value if profile.recurrency_kind else None,
        "validFrom": _text(profile.valid_from),
        "validTo": _text(profile.valid_to),
        "chargingSchedule": _schedule(schedules[0]) if profile.schedule else list(map(_schedule, schedules)),
    }
    return {name: value for name, value in typed.items() if value is not None}


def names_external(payload: Any) -> bool:
    """Whether a payload in a station's words is about profiles that are not ours to touch (2.0.1 K01, K10)."""
    if isinstance(payload, dict):
        purpose = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
        return payload.get("chargingProfilePurpose") == purpose or any(map(names_external, payload.values()))
    return isinstance(payload, list) and any(map(names_external, payload))


def _schedules(profile: ChargingProfileInput) -> list[ChargingScheduleInput]:
    if (profile.schedule is None) == (profile.schedules is None):
        raise bad_input("schedule", "a profile has either schedule or schedules")
    if profile.schedule is not None:
        return [profile.schedule]
    schedules = profile.schedules or []
    most = _MOST_SCHEDULES if profile.purpose is ChargingProfilePurpose.TX_PROFILE else 1
    if not 1 <= len(schedules) <= most:
        raise bad_input("schedules", f"a TX_PROFILE has 1 to {_MOST_SCHEDULES} schedules, any other has one")
    return schedules


def _check_times(profile: ChargingProfileInput, schedule: ChargingScheduleInput) -> None:
    relative = profile.kind is ChargingProfileKind.RELATIVE
    if relative and profile.purpose is ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE:
        raise bad_input("kind", "a limit of the whole station cannot be relative to a transaction")
    if relative != (schedule.start_schedule is None):
        raise bad_input("startSchedule", "a schedule has a start unless its kind is RELATIVE")
    if (profile.kind is ChargingProfileKind.RECURRING) != (profile.recurrency_kind is not None):
        raise bad_input("recurrencyKind", "recurrencyKind goes with the kind RECURRING, and is needed there")
    if profile.valid_from and profile.valid_to and profile.valid_from >= profile.valid_to:
        raise bad_input("validTo", "validTo must be after validFrom")


def _schedule(schedule: ChargingScheduleInput) -> dict[str, Any]:
    starts = [period.start_period for period in schedule.periods]
    if not 1 <= len(starts) <= _MOST_PERIODS:
        raise bad_input("periods", f"a schedule has 1 to {_MOST_PERIODS} periods")
    if starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(starts)):
        raise bad_input("startPeriod", "the first period starts at 0, each other one after the one before it")
    if schedule.duration is not None:
        within_bounds("duration", schedule.duration, 1, INT_MAX)
    typed = {
        "chargingRateUnit": schedule.charging_rate_unit.value,
        "startSchedule": _text(schedule.start_schedule),
        "duration": schedule.duration,
        "minChargingRate": _rate("minChargingRate", schedule.min_charging_rate),
        "chargingSchedulePeriod": [_period(period) for period in schedule.periods],
        "salesTariff": typed_sales_tariff(schedule.sales_tariff) if schedule.sales_tariff else None,
    }
    return {name: value for name, value in typed.items() if value is not None}


def _period(period: ChargingSchedulePeriodInput) -> dict[str, Any]:
    for name, phases in (("numberPhases", period.number_phases), ("phaseToUse", period.phase_to_use)):
        if phases is not None:
            within_bounds(name, phases, 1, 3)
    if period.phase_to_use is not None and period.number_phases != 1:
        raise bad_input("phaseToUse", "a phase can be chosen where one is used")
    typed = {
        "startPeriod": period.start_period,
        "limit": _rate("limit", period.limit),
        "numberPhases": period.number_phases,
        "phaseToUse": period.phase_to_use,
    }
    return {name: value for name, value in typed.items() if value is not None}


def _rate(field: str, rate: Decimal | None) -> str | None:
    if rate is None:
        return None
    within_bounds(field, float(rate), 0, _HIGHEST_LIMIT)
    if rate != round(rate, _MOST_DECIMALS):
        raise bad_input(field, f"{field} has at most {_MOST_DECIMALS} decimal places")
    return format(rate, "f")


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
