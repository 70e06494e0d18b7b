"""What holds of every transaction's energy; the cases of a single kind stand in tests/billing/cases/meter.yaml."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.metering import Register
from domain.metering_truth import Certainty, Doubt, Told, measure
from domain.rating import Course, PriceElement, PriceKind, Terms, rate
from domain.values import MeterReading, SampledValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = NOON + timedelta(hours=1)


def at(second: int) -> datetime:
    return NOON + timedelta(seconds=second)


def reading(second: int, wh: int | None, context: str = "Sample.Periodic", unit: str = "Wh") -> MeterReading:
    return MeterReading(at(second), (SampledValue(None if wh is None else Decimal(wh), unit=unit, context=context),))


seconds, registers = st.integers(-1000, 4600), st.integers(0, 10**7)
contexts = st.sampled_from(["Sample.Periodic", "Sample.Clock", "Transaction.Begin", "Transaction.End", "Trigger"])
readings = st.lists(
    st.builds(reading, seconds, st.none() | registers, contexts, st.sampled_from(["Wh", "kWh", "furlong"])), max_size=8
)
anything = st.builds(
    lambda found, start, stop, power: Told(tuple(found), NOON, HOUR, start, stop, power),
    readings,
    st.none() | registers.map(Decimal),
    st.none() | registers.map(Decimal),
    st.sampled_from([11_000, 350_000, 1_000_000]),
)


@given(anything)
def test_energy_is_never_negative_nor_without_a_doubt_more_than_the_station_can_deliver(told: Told) -> None:
    truth = measure(told)
    steps = 1000 * 10  # a step of the register for each reading
    assert truth.wh >= 0
    assert truth.wh <= told.max_power_w * Decimal("1.1") * (3600 + 10) / 3600 + steps or truth.held


@given(anything, st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(told: Told, chance: random.Random) -> None:
    shuffled = list(told.readings)
    chance.shuffle(shuffled)
    first, second = measure(told), measure(replace(told, readings=tuple(shuffled)))
    assert (first.wh, first.source, first.doubts, first.samples) == (
        second.wh,
        second.source,
        second.doubts,
        second.samples,
    )


@given(anything)
def test_a_bill_is_for_the_energy_that_was_found(told: Told) -> None:
    truth = measure(told)
    bill = rate(Course(NOON, HOUR, truth.samples), Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal(1)),)))
    [line] = bill.lines
    assert line.quantity * 1000 == truth.wh


@given(st.lists(st.tuples(st.integers(0, 3600), st.integers(0, 100_000)), min_size=2, unique_by=lambda one: one[0]))
def test_registers_that_only_rise_say_what_they_always_said(points: list[tuple[int, int]]) -> None:
    rising = zip(sorted(second for second, _ in points), sorted(wh for _, wh in points), strict=True)
    found = tuple(reading(second, wh) for second, wh in rising)
    register = Register()
    register.observe(found)
    truth = measure(Told(found, NOON, HOUR, max_power_w=10**9))
    assert (truth.wh, truth.source) == (register.energy().wh, register.energy().source)
    assert truth.doubts <= {Doubt.NO_BEGIN, Doubt.NO_END}
    assert not truth.held


def test_what_is_no_number_is_said_and_left_out() -> None:
    truth = measure(Told((reading(0, 1000), reading(1800, None), reading(3600, 3000)), NOON, HOUR))
    assert (truth.wh, truth.certainty, truth.doubts) == (2000, Certainty.MEASURED, {Doubt.NOT_A_NUMBER})


def test_units_that_are_not_of_energy_and_numbers_without_end_do_not_count() -> None:
    odd = (reading(1200, 7, unit="Percent"), MeterReading(at(1800), (SampledValue(Decimal("NaN")),)))
    truth = measure(Told((reading(0, 1000), *odd, reading(3600, 3000)), NOON, HOUR))
    assert (truth.wh, truth.certainty) == (2000, Certainty.MEASURED)
    assert len(truth.samples) == 2


def test_a_finding_says_when_and_what_and_the_readings_on_both_sides_of_a_break_are_named() -> None:
    values = ((0, 50_000), (1200, 52_000), (2400, 100), (3600, 1600))
    truth = measure(Told(tuple(reading(second, wh) for second, wh in values), NOON, HOUR))
    [finding] = truth.findings
    assert (finding.doubt, finding.at) == (Doubt.METER_EXCHANGED, at(2400))
    assert finding.text == "after 52000 Wh the register goes on from 100 Wh"
    assert [point.wh for point in truth.rests_on] == [50_000, 52_000, 100, 1600]
