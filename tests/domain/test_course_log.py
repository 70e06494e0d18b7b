"""What bills of tariffs with conditions rest on."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from domain.course_log import CourseLog, looks_closer
from domain.events import Transaction
from domain.rating import Course, PriceElement, PriceKind, Restrictions, Terms, rate
from domain.transaction import Facts, Occurrence
from domain.values import MeterReading, SampledValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAIN = PriceElement(PriceKind.ENERGY, Decimal("0.40"))
EARLY = PriceElement(PriceKind.ENERGY, Decimal("0.10"), restrictions=Restrictions(end_time=time(12, 30)))


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def told(kind: str, minute: float, *wh: int, **facts: Any) -> Occurrence:
    values = tuple(SampledValue(Decimal(value)) for value in wh)
    event: Occurrence = getattr(Transaction, kind)(
        "transaction:2026-11-20:CS1/T1",
        1,
        at(minute),
        occurred_at=at(minute),
        readings=(MeterReading(at(minute), values),) if wh else (),
        **facts,
    )
    return event


def course(*events: Occurrence) -> Course:
    facts = Facts()
    for event in events:
        facts.apply(event)
    return CourseLog.of(events).course(facts)


def test_only_tariffs_with_conditions_or_idle_prices_look_closer() -> None:
    assert not looks_closer(Terms("EUR", (PLAIN, PLAIN)))
    assert looks_closer(Terms("EUR", (EARLY, PLAIN)))
    assert looks_closer(Terms("EUR", (PriceElement(PriceKind.IDLE, Decimal(0)),)))


def test_the_order_of_events_does_not_matter() -> None:
    events = (
        told("Started", 0, meter_start_wh=1000, charging_state="Charging"),
        told("Metered", 30, 9000),
        told("Updated", 30, charging_state="SuspendedEV", seq_no=2),
        told("Ended", 60, meter_stop_wh=10_000),
    )
    terms = Terms("EUR", (EARLY, PLAIN, PriceElement(PriceKind.IDLE, Decimal(6))))
    bills = {rate(course(*some), terms) for some in itertools.permutations(events)}
    # 8 x 0.10 + 1 x 0.40 + 30 min x 6/60
    assert [bill.total_incl_vat for bill in bills] == [Decimal("4.20")]


def test_of_two_states_at_one_moment_the_one_told_later_counts() -> None:
    suspended = told("Updated", 10, charging_state="SuspendedEV", seq_no=2)
    charging = told("Updated", 10, charging_state="Charging", seq_no=1)
    for pair in ((suspended, charging), (charging, suspended)):
        found = course(told("Started", 0, meter_start_wh=0), *pair, told("Ended", 20, meter_stop_wh=0))
        assert [change.state for change in found.states] == ["SuspendedEV"]


def test_samples_that_count_from_another_zero_are_left_out() -> None:
    found = course(
        told("Started", 0, meter_start_wh=100_000), told("Metered", 30, 9000), told("Ended", 60, meter_stop_wh=110_000)
    )
    assert [sample.wh for sample in found.samples] == [0, 10_000]


def test_of_a_transaction_without_end_the_energy_so_far_counts() -> None:
    found = course(told("Started", 0, 1000), told("Metered", 30, 3000))
    assert [(sample.at, sample.wh) for sample in found.samples][-1] == (at(30), 2000)


def test_a_transaction_of_very_many_samples_is_thinned_out_and_keeps_its_sum() -> None:
    events = [told("Started", 0, 0), *(told("Metered", n / 100, n) for n in range(1, 9000)), told("Ended", 100, 10_000)]
    found = course(*events)
    assert len(found.samples) < 2100
    assert max(sample.wh for sample in found.samples if sample.wh is not None) == 10_000


def test_samples_from_before_the_begin_or_after_the_end_do_not_count() -> None:
    found = course(
        told("Started", 0, meter_start_wh=1000),
        told("Metered", 30, 4000),
        told("Updated", 61, 5500, offline=True),
        told("Ended", 60, meter_stop_wh=6000),
    )
    early = Transaction.Metered(
        "transaction:2026-11-20:CS1/T1",
        1,
        at(1),
        occurred_at=at(1),
        readings=(MeterReading(datetime(1970, 1, 1, tzinfo=UTC), (SampledValue(Decimal(2000)),)),),
    )
    assert [sample.wh for sample in found.samples] == [0, 3000, 5000]
    both = course(told("Started", 0, meter_start_wh=1000), early, told("Ended", 60, meter_stop_wh=6000))
    assert [sample.wh for sample in both.samples] == [0, 5000]


def test_current_is_added_over_the_phases() -> None:
    values = tuple(SampledValue(Decimal(16), "Current.Import", "A", phase=phase) for phase in ("L1", "L2", "L3", "N"))
    event = Transaction.Metered(
        "transaction:2026-11-20:CS1/T1", 1, at(5), occurred_at=at(5), readings=(MeterReading(at(5), values),)
    )
    found = course(told("Started", 0, meter_start_wh=0), event, told("Ended", 60, meter_stop_wh=6000))
    assert [sample.a for sample in found.samples if sample.a is not None] == [Decimal(48)]
