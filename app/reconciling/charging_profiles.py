"""Charging profiles that a station has taken: it is asked for them, and what it lacks or has otherwise is set again.

1.6 stations cannot be asked: what they took before their last boot is set again, which replaces what they may have.
Left alone are foreign profiles, those whose time is over, and those of transactions that are over or yet to begin.
"""

from __future__ import annotations

from typing import Any

from app.reconciling.desk import Desk, Subject
from domain.charging_profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from domain.installed_profiles import OURS, Confirmation, InstalledProfile
from domain.sales_tariff import ConsumptionCost, SalesTariff, SalesTariffEntry
from projections.availability import availability, stations_by_id
from projections.charging_profiles import charging_profiles, profiles_of_stations
from projections.sessions import sessions

_LACKING = (Confirmation.MISSING, Confirmation.DIFFERENT)


async def reconcile(desk: Desk) -> None:
    if not await _ours(desk):
        return
    if await desk.can_say("GetChargingProfiles"):
        await _ask(desk)
        lacking = [installed for installed in await _ours(desk) if installed.confirmation in _LACKING]
    else:
        lacking = await _from_before_the_boot(desk)
    for installed in lacking:
        desk.differing += 1
        await desk.mend("SetChargingProfile", {"evseId": installed.evse_id, "chargingProfile": said(installed.profile)})


async def _ours(desk: Desk) -> list[InstalledProfile]:
    """What we had the station install and may have it install again."""
    held = (await profiles_of_stations(desk.pool, [desk.station_id])).get(desk.station_id)
    running, now = {None, *await desk.running()}, desk.clock()
    return [
        installed
        for installed in (held.profiles if held else ())
        if installed.confirmation is not Confirmation.FOREIGN
        and installed.evse_id is not None
        and installed.remote_start is None
        and installed.profile.transaction_id in running
        and (installed.profile.valid_to is None or installed.profile.valid_to > now)
    ]


async def _ask(desk: Desk) -> None:
    request_id = desk.number()
    await desk.ask("GetChargingProfiles", {"requestId": request_id, "chargingLimitSource": [OURS]}, none="NoProfiles")

    async def told() -> bool:
        held = (await profiles_of_stations(desk.pool, [desk.station_id]))[desk.station_id]
        return any(report.request_id == request_id and report.complete for report in held.reports)

    await desk.wait_for(told, "the report of charging profiles")


async def _from_before_the_boot(desk: Desk) -> list[InstalledProfile]:
    """A transaction outlives no boot of a 1.6 station."""
    station = (await stations_by_id(desk.pool, [desk.station_id]))[desk.station_id]
    return [
        installed
        for installed in await _ours(desk)
        if installed.profile.transaction_id is None
        and installed.set_at is not None
        and station.booted_at is not None
        and installed.set_at < station.booted_at
    ]


def said(profile: ChargingProfile) -> dict[str, Any]:
    """The profile of a typed command."""
    schedules = [_schedule(schedule) for schedule in profile.schedules]
    return _given(
        id=profile.id,
        stackLevel=profile.stack_level,
        chargingProfilePurpose=profile.purpose.value,
        chargingProfileKind=profile.kind.value,
        recurrencyKind=profile.recurrency and profile.recurrency.value,
        validFrom=profile.valid_from and profile.valid_from.isoformat(),
        validTo=profile.valid_to and profile.valid_to.isoformat(),
        transactionId=profile.transaction_id,
        chargingSchedule=schedules[0] if len(schedules) == 1 else schedules,
    )


def _given(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None}


def _schedule(schedule: ChargingSchedule) -> dict[str, Any]:
    rate = schedule.min_charging_rate
    return _given(
        chargingRateUnit=schedule.rate_unit.value,
        startSchedule=schedule.start_schedule and schedule.start_schedule.isoformat(),
        duration=schedule.duration,
        minChargingRate=None if rate is None else format(rate, "f"),
        chargingSchedulePeriod=[_period(period) for period in schedule.periods],
        salesTariff=schedule.sales_tariff and _tariff(schedule.sales_tariff),
    )


def _period(period: SchedulePeriod) -> dict[str, Any]:
    return _given(
        startPeriod=period.start_period,
        limit=format(period.limit, "f"),
        numberPhases=period.number_phases,
        phaseToUse=period.phase_to_use,
    )


def _tariff(tariff: SalesTariff) -> dict[str, Any]:
    return _given(
        id=tariff.id,
        salesTariffDescription=tariff.description,
        numEPriceLevels=tariff.price_levels,
        salesTariffEntry=[_entry(entry) for entry in tariff.entries],
    )


def _entry(entry: SalesTariffEntry) -> dict[str, Any]:
    return _given(
        relativeTimeInterval=_given(start=entry.start, duration=entry.duration),
        ePriceLevel=entry.price_level,
        consumptionCost=[_consumption(cost) for cost in entry.consumption_costs] or None,
    )


def _consumption(consumption: ConsumptionCost) -> dict[str, Any]:
    costs = [
        _given(costKind=cost.kind.value, amount=cost.amount, amountMultiplier=cost.multiplier)
        for cost in consumption.costs
    ]
    return {"startValue": float(consumption.start_value), "cost": costs}


CHARGING_PROFILES = Subject("chargingProfiles", (charging_profiles, sessions, availability), reconcile)
