"""Whether a car's plan keeps within the profile it was offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    RecurrencyKind,
    SchedulePeriod,
)
from domain.ev_charging import keeps_within

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A, W = ChargingRateUnit.A, ChargingRateUnit.W
MINUTE = timedelta(minutes=1)


def schedule(*periods: tuple[int, float], unit: ChargingRateUnit = A, phases: int | None = None, **more: Any) -> Any:
    told = tuple(SchedulePeriod(start, Decimal(str(limit)), phases) for start, limit in periods)
    return ChargingSchedule(unit, told, **more)


def profile(*schedules: ChargingSchedule, **more: Any) -> ChargingProfile:
    kind = ChargingProfileKind.ABSOLUTE if schedules[0].start_schedule else ChargingProfileKind.RELATIVE
    return replace(ChargingProfile(1, 0, ChargingProfilePurpose.TX_PROFILE, kind, schedules), **more)


OFFERED = profile(schedule((0, 16), (60, 10)))


@pytest.mark.parametrize(
    ("plan", "within"),
    [
        (schedule((0, 16), (60, 10)), True),
        (schedule((0, 10)), True),
        (schedule((0, 16.1), (60, 10)), False),
        (schedule((0, 16)), False),
        (schedule((0, 16), duration=60), True),
        (schedule((0, 16), duration=61), False),
        (schedule((0, 16), (59, 11), (60, 0)), True),
        (schedule((0, 0), (3600, 11)), False),
    ],
)
def test_each_period_is_held_against_all_that_it_meets(plan: ChargingSchedule, within: bool) -> None:
    assert keeps_within(OFFERED, plan, NOON) is within


def test_a_plan_may_keep_within_any_of_the_schedules_but_not_within_two_by_halves() -> None:
    offered = profile(schedule((0, 16), (60, 10)), schedule((0, 10), (60, 16)))
    assert keeps_within(offered, schedule((0, 10), (60, 16)), NOON)
    assert not keeps_within(offered, schedule((0, 16)), NOON)


def test_an_absolute_schedule_counts_from_its_own_start() -> None:
    offered = profile(schedule((0, 16), (60, 10), start_schedule=NOON))
    assert keeps_within(offered, schedule((0, 16)), NOON - 10 * MINUTE) is False, "the plan does not end"
    assert keeps_within(offered, schedule((0, 32), duration=600), NOON - 10 * MINUTE), "before it there is no limit"
    assert not keeps_within(offered, schedule((0, 16)), NOON + MINUTE)
    assert keeps_within(offered, schedule((0, 10)), NOON + MINUTE)


def test_a_recurring_schedule_counts_from_the_cycle_that_the_plan_is_in() -> None:
    daily = schedule((0, 6), (3600, 16), start_schedule=NOON - timedelta(days=3))
    offered = profile(daily, kind=ChargingProfileKind.RECURRING, recurrency=RecurrencyKind.DAILY)
    assert not keeps_within(offered, schedule((0, 16), duration=60), NOON)
    assert keeps_within(offered, schedule((0, 16), duration=60), NOON + 60 * MINUTE)


def test_a_profile_limits_only_while_it_is_valid_and_its_schedule_lasts() -> None:
    much = schedule((0, 32), duration=60)
    assert keeps_within(profile(schedule((0, 6), duration=60)), schedule((0, 6), (60, 32)), NOON)
    assert keeps_within(profile(schedule((0, 6)), valid_to=NOON), much, NOON)
    assert keeps_within(profile(schedule((0, 6)), valid_from=NOON + MINUTE), much, NOON)
    assert not keeps_within(profile(schedule((0, 6)), valid_to=NOON + MINUTE), much, NOON)
    assert not keeps_within(profile(schedule((0, 6)), valid_from=NOON), much, NOON)


@pytest.mark.parametrize(
    ("offered", "plan", "within"),
    [
        (schedule((0, 16)), schedule((0, 11040), unit=W), True),
        (schedule((0, 16)), schedule((0, 11041), unit=W), False),
        (schedule((0, 16), phases=1), schedule((0, 3681), unit=W), False),
        (schedule((0, 11040), unit=W), schedule((0, 16)), True),
        (schedule((0, 11040), unit=W), schedule((0, 17)), False),
        (schedule((0, 11040), unit=W), schedule((0, 48), phases=1), True),
    ],
)
def test_amperes_and_watts_are_compared_at_nominal_voltage(
    offered: ChargingSchedule, plan: ChargingSchedule, within: bool
) -> None:
    assert keeps_within(profile(offered), plan, NOON) is within


def test_absurd_times_are_no_error() -> None:
    offered = profile(schedule((0, 6), (10**18, 16)))
    assert keeps_within(offered, schedule((0, 6), (10**17, 6), duration=10**18), NOON)
    assert keeps_within(offered, schedule((-(10**18), 6), (1, 6)), NOON)
    assert not keeps_within(offered, schedule((0, 7)), datetime.max.replace(tzinfo=UTC) - MINUTE)
