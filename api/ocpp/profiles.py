"""Charging profiles and schedules as the versions write them, to a station and back.

Typed form: that of 2.0.1 with one `chargingSchedule` or a list of up to three, limits as decimal text. 1.6 numbers its
transactions, says ChargePointMaxProfile, takes one schedule, and limits in steps of 0.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any, TypeVar

from api.ocpp.schema import CallFailed
from api.ocpp.wire import decimal, instant, timestamp
from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    Criteria,
    RecurrencyKind,
    SchedulePeriod,
)
from domain.sales_tariff import ConsumptionCost, Cost, CostKind, SalesTariff, SalesTariffEntry

W = TypeVar("W", bound=StrEnum)

_MAX = ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
_MAX_16 = "ChargePointMaxProfile"
_TENTH = Decimal("0.1")
_NO_LIMIT = Decimal(10**15)
"""Stands for any limit above: that is how stations say that there is none (2.0.1 K01)."""


def purpose_v16(purpose: str) -> str:
    return _MAX_16 if purpose == _MAX else purpose


def purpose_of(told: str) -> ChargingProfilePurpose:
    return word(
        ChargingProfilePurpose, ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE if told == _MAX_16 else told
    )


def word(kind: type[W], told: str) -> W:
    """Raises CallFailed for a word that a lenient station has of its own."""
    try:
        return kind(told)
    except ValueError:
        raise CallFailed("PropertyConstraintViolation", f"{told[:40]!r} is no {kind.__name__}") from None


def profile_v16(typed: dict[str, Any]) -> dict[str, Any]:
    profile = _common(typed) | {"chargingProfileId": typed["id"]}
    profile["chargingProfilePurpose"] = purpose_v16(typed["chargingProfilePurpose"])
    if (transaction_id := typed.get("transactionId")) is not None:
        if not transaction_id.isdecimal():
            raise CallFailed("PropertyConstraintViolation", "a 1.6 transaction id is an integer")
        profile["transactionId"] = int(transaction_id)
    first, *others = _several(typed["chargingSchedule"])
    if others or "salesTariff" in first:
        raise CallFailed("PropertyConstraintViolation", "1.6 knows one schedule and no sales tariff")
    return profile | {"chargingSchedule": _schedule(first, _tenths)}


def profile_v2(typed: dict[str, Any]) -> dict[str, Any]:
    profile = _common(typed) | {"id": typed["id"], "chargingProfilePurpose": typed["chargingProfilePurpose"]}
    if profile["chargingProfilePurpose"] == ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:
        raise CallFailed("PropertyConstraintViolation", "external constraints are not ours to set")
    if typed.get("transactionId") is not None:
        profile["transactionId"] = typed["transactionId"]
    schedules = typed["chargingSchedule"]
    if isinstance(schedules, dict):
        return profile | {"chargingSchedule": [{"id": typed["id"], **_schedule(schedules, float)}]}
    numbered = [{"id": number, **_schedule(schedule, float)} for number, schedule in enumerate(schedules, 1)]
    return profile | {"chargingSchedule": numbered}


def _several(schedules: Any) -> list[dict[str, Any]]:
    return [schedules] if isinstance(schedules, dict) else schedules


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
    if "salesTariff" in typed:
        schedule["salesTariff"] = typed["salesTariff"]
    return schedule


def criteria_of(said: dict[str, Any]) -> Criteria:
    """What a ClearChargingProfile of either version clears."""
    said = said | said.get("chargingProfileCriteria", {})
    purpose = said.get("chargingProfilePurpose")
    return Criteria(
        id=said.get("id", said.get("chargingProfileId")),
        evse_id=said.get("connectorId", said.get("evseId")),
        purpose=purpose_of(purpose) if purpose else None,
        stack_level=said.get("stackLevel"),
    )


def profile_of(said: dict[str, Any]) -> ChargingProfile:
    """A profile as it stands in a message of either version."""
    schedules, transaction_id = said["chargingSchedule"], said.get("transactionId")
    return ChargingProfile(
        id=said["chargingProfileId"] if "chargingProfileId" in said else said["id"],
        stack_level=said["stackLevel"],
        purpose=purpose_of(said["chargingProfilePurpose"]),
        kind=word(ChargingProfileKind, said["chargingProfileKind"]),
        schedules=tuple(map(schedule_of, _several(schedules))),
        recurrency=word(RecurrencyKind, said["recurrencyKind"]) if "recurrencyKind" in said else None,
        valid_from=instant(said["validFrom"]) if "validFrom" in said else None,
        valid_to=instant(said["validTo"]) if "validTo" in said else None,
        transaction_id=None if transaction_id is None else str(transaction_id),
    )


def schedule_of(said: dict[str, Any]) -> ChargingSchedule:
    rate = said.get("minChargingRate")
    return ChargingSchedule(
        rate_unit=word(ChargingRateUnit, said["chargingRateUnit"]),
        periods=periods_of(said["chargingSchedulePeriod"]),
        start_schedule=instant(said["startSchedule"]) if "startSchedule" in said else None,
        duration=said.get("duration"),
        min_charging_rate=None if rate is None else decimal(rate),
        sales_tariff=_sales_tariff(said["salesTariff"]) if "salesTariff" in said else None,
    )


def _sales_tariff(said: dict[str, Any]) -> SalesTariff:
    entries = tuple(
        SalesTariffEntry(
            start=entry["relativeTimeInterval"]["start"],
            duration=entry["relativeTimeInterval"].get("duration"),
            price_level=entry.get("ePriceLevel"),
            consumption_costs=tuple(map(_consumption_cost, entry.get("consumptionCost", ()))),
        )
        for entry in said["salesTariffEntry"]
    )
    return SalesTariff(said["id"], entries, said.get("salesTariffDescription"), said.get("numEPriceLevels"))


def _consumption_cost(said: dict[str, Any]) -> ConsumptionCost:
    costs = tuple(
        Cost(word(CostKind, cost["costKind"]), cost["amount"], cost.get("amountMultiplier")) for cost in said["cost"]
    )
    return ConsumptionCost(decimal(said["startValue"]) or Decimal(0), costs)


def periods_of(periods: Iterable[dict[str, Any]]) -> tuple[SchedulePeriod, ...]:
    return tuple(
        SchedulePeriod(said["startPeriod"], _limit(said["limit"]), said.get("numberPhases"), said.get("phaseToUse"))
        for said in periods
    )


def _limit(said: float) -> Decimal:
    return _NO_LIMIT if said >= _NO_LIMIT else decimal(said) or Decimal(0)
