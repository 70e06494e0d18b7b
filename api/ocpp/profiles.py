"""Charging profiles and schedules as the versions write them, to a station and back.

Typed form: that of 2.0.1 with one `chargingSchedule`, limits as decimal text. 1.6 numbers its transactions, says
ChargePointMaxProfile, and takes limits in steps of 0.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from api.ocpp.schema import CallFailed
from api.ocpp.wire import decimal, instant, timestamp
from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    RecurrencyKind,
    SchedulePeriod,
)

_MAX_16 = "ChargePointMaxProfile"
_TENTH = Decimal("0.1")
_NO_LIMIT = Decimal(10**15)
"""Stands for any limit above: that is how stations say that there is none (2.0.1 K01)."""


def purpose_v16(purpose: str) -> str:
    return _MAX_16 if purpose == ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE else purpose


def purpose_of(told: str) -> ChargingProfilePurpose:
    """Raises ValueError for a purpose that only stations give their profiles."""
    return ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE if told == _MAX_16 else ChargingProfilePurpose(told)


def profile_v16(typed: dict[str, Any]) -> dict[str, Any]:
    profile = _common(typed) | {"chargingProfileId": typed["id"]}
    profile["chargingProfilePurpose"] = purpose_v16(typed["chargingProfilePurpose"])
    if (transaction_id := typed.get("transactionId")) is not None:
        if not transaction_id.isdecimal():
            raise CallFailed("PropertyConstraintViolation", "a 1.6 transaction id is an integer")
        profile["transactionId"] = int(transaction_id)
    return profile | {"chargingSchedule": _schedule(typed["chargingSchedule"], _tenths)}


def profile_v2(typed: dict[str, Any]) -> dict[str, Any]:
    profile = _common(typed) | {"id": typed["id"], "chargingProfilePurpose": typed["chargingProfilePurpose"]}
    if typed.get("transactionId") is not None:
        profile["transactionId"] = typed["transactionId"]
    return profile | {"chargingSchedule": [{"id": typed["id"], **_schedule(typed["chargingSchedule"], float)}]}


def _common(typed: dict[str, Any]) -> dict[str, Any]:
    common = {name: typed[name] for name in ("stackLevel", "chargingProfileKind", "recurrencyKind") if name in typed}
    return common | {name: timestamp(instant(typed[name])) for name in ("validFrom", "validTo") if name in typed}


def _tenths(limit: str) -> float:
    """Rounded down: what the station lets flow is within the limit."""
    return float(Decimal(limit).quantize(_TENTH, ROUND_FLOOR))


def _schedule(typed: dict[str, Any], number: Any) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "chargingRateUnit": typed["chargingRateUnit"],
        "chargingSchedulePeriod": [
            {**period, "limit": number(period["limit"])} for period in typed["chargingSchedulePeriod"]
        ],
    }
    if "duration" in typed:
        schedule["duration"] = typed["duration"]
    if "startSchedule" in typed:
        schedule["startSchedule"] = timestamp(instant(typed["startSchedule"]))
    if "minChargingRate" in typed:
        schedule["minChargingRate"] = number(typed["minChargingRate"])
    return schedule


def profile_of(said: dict[str, Any]) -> ChargingProfile:
    """A profile as it stands in a message of either version."""
    schedules, transaction_id = said["chargingSchedule"], said.get("transactionId")
    return ChargingProfile(
        id=said["chargingProfileId"] if "chargingProfileId" in said else said["id"],
        stack_level=said["stackLevel"],
        purpose=purpose_of(said["chargingProfilePurpose"]),
        kind=ChargingProfileKind(said["chargingProfileKind"]),
        schedules=tuple(map(_schedule_of, [schedules] if isinstance(schedules, dict) else schedules)),
        recurrency=RecurrencyKind(said["recurrencyKind"]) if "recurrencyKind" in said else None,
        valid_from=instant(said["validFrom"]) if "validFrom" in said else None,
        valid_to=instant(said["validTo"]) if "validTo" in said else None,
        transaction_id=None if transaction_id is None else str(transaction_id),
    )


def _schedule_of(said: dict[str, Any]) -> ChargingSchedule:
    rate = said.get("minChargingRate")
    return ChargingSchedule(
        rate_unit=ChargingRateUnit(said["chargingRateUnit"]),
        periods=periods_of(said["chargingSchedulePeriod"]),
        start_schedule=instant(said["startSchedule"]) if "startSchedule" in said else None,
        duration=said.get("duration"),
        min_charging_rate=None if rate is None else decimal(rate),
    )


def periods_of(periods: Iterable[dict[str, Any]]) -> tuple[SchedulePeriod, ...]:
    return tuple(
        SchedulePeriod(said["startPeriod"], _limit(said["limit"]), said.get("numberPhases"), said.get("phaseToUse"))
        for said in periods
    )


def _limit(said: float) -> Decimal:
    return _NO_LIMIT if said >= _NO_LIMIT else decimal(said) or Decimal(0)
