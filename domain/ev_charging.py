"""What cars that speak ISO 15118 need and plan, and whether a plan keeps within a profile (2.0.1 K15 to K17).

Stream `ev-charging:<day>:<station>`. Energy in Wh, currents in A, voltages in V, power in W; charge in percent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingRateUnit,
    ChargingSchedule,
    RecurrencyKind,
    SchedulePeriod,
)

NOMINAL_VOLTAGE = 230
"""Between a phase and neutral, where a plan in A is held against a limit in W or the other way round."""
_EVER, _NEVER = (at.replace(tzinfo=UTC) for at in (datetime.min, datetime.max))
_CYCLE = {RecurrencyKind.DAILY: timedelta(days=1), RecurrencyKind.WEEKLY: timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class AcNeeds:
    energy_amount: int | None
    ev_min_current: int | None
    ev_max_current: int | None
    ev_max_voltage: int | None


@dataclass(frozen=True, slots=True)
class DcNeeds:
    ev_max_current: int | None
    ev_max_voltage: int | None
    energy_amount: int | None = None
    ev_max_power: int | None = None
    state_of_charge: int | None = None
    ev_energy_capacity: int | None = None
    full_soc: int | None = None
    bulk_soc: int | None = None


@dataclass(frozen=True, slots=True)
class ChargingNeeds:
    """`energy_transfer` in the words of 2.x, such as AC_three_phase."""

    energy_transfer: str
    departure_at: datetime | None = None
    ac: AcNeeds | None = None
    dc: DcNeeds | None = None


class EvChargingBook(Book):
    KIND = "ev-charging"

    @dataclass(frozen=True)
    class NeedsNotified(DomainEvent):
        TOPIC = "ev-charging.needs-notified"
        evse_id: int
        needs: ChargingNeeds
        answer: str
        """2.0.1 NotifyEVChargingNeedsStatusEnumType."""
        transaction_id: str | None = None
        """None: nothing is charged there, as far as we know."""
        max_schedule_tuples: int | None = None

    @dataclass(frozen=True)
    class ScheduleNotified(DomainEvent):
        TOPIC = "ev-charging.schedule-notified"
        evse_id: int
        schedule: ChargingSchedule
        """Its periods count from `time_base`."""
        time_base: datetime
        accepted: bool
        transaction_id: str | None = None


def keeps_within(profile: ChargingProfile, plan: ChargingSchedule, time_base: datetime) -> bool:
    """Whether a car's plan, whose periods count from `time_base`, keeps within one of the schedules of a profile, of
    which it may have chosen any. Where the profile says nothing (before, after, not valid) it does not limit.

    A Relative schedule counts from `time_base` too: the car made its plan when it was offered the schedule.
    """
    return any(_fits(profile, offered, plan, time_base) for offered in profile.schedules)


def _fits(profile: ChargingProfile, offered: ChargingSchedule, plan: ChargingSchedule, time_base: datetime) -> bool:
    start = _start(profile, offered, time_base)
    planned, limits = list(_spans(plan, time_base)), list(_spans(offered, start))
    for begins, ends, period in planned:
        for limited_from, limited_to, most in limits:
            first = max(begins, limited_from, profile.valid_from or begins)
            past = min((at for at in (ends, limited_to, profile.valid_to) if at is not None), default=None)
            if (past is None or first < past) and _above(plan, period, offered, most):
                return False
    return True


def _start(profile: ChargingProfile, offered: ChargingSchedule, time_base: datetime) -> datetime:
    """A Recurring one: where the cycle begins in which the plan does."""
    if profile.kind is ChargingProfileKind.RELATIVE or offered.start_schedule is None:
        return time_base
    start = offered.start_schedule
    if profile.recurrency is not None:
        start += (time_base - start) // _CYCLE[profile.recurrency] * _CYCLE[profile.recurrency]
    return start


def _spans(schedule: ChargingSchedule, start: datetime) -> Iterator[tuple[datetime, datetime | None, SchedulePeriod]]:
    """Each period with its beginning and end; None: it does not end."""
    ends = [*(period.start_period for period in schedule.periods[1:]), schedule.duration]
    for period, end in zip(schedule.periods, ends, strict=True):
        if schedule.duration is not None and (end is None or end > schedule.duration):
            end = schedule.duration
        if end is None or end > period.start_period:
            yield _after(start, period.start_period), None if end is None else _after(start, end), period


def _after(start: datetime, seconds: int) -> datetime:
    try:
        return start + timedelta(seconds=seconds)
    except OverflowError:  # nobody charges so long, or so long ago
        return _NEVER if seconds > 0 else _EVER


def _above(plan: ChargingSchedule, period: SchedulePeriod, offered: ChargingSchedule, most: SchedulePeriod) -> bool:
    if plan.rate_unit is offered.rate_unit:
        return period.limit > most.limit
    return _watts(plan, period) > _watts(offered, most)


def _watts(schedule: ChargingSchedule, period: SchedulePeriod) -> Decimal:
    if schedule.rate_unit is ChargingRateUnit.W:
        return period.limit
    return period.limit * NOMINAL_VOLTAGE * (period.number_phases or 3)
