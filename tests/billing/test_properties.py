"""What is true of every bill, whatever the tariff and the session."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rating import (
    Bill,
    Course,
    InvalidTariff,
    PriceElement,
    PriceKind,
    PriceLimit,
    Reservation,
    Restrictions,
    Sample,
    StateChange,
    Tax,
    Terms,
    Weekday,
    check,
    minor_unit,
    rate,
)

AUTUMN = datetime(2026, 10, 24, 20, tzinfo=UTC)
"""Six hours before clocks go back in Berlin."""

money = st.decimals(0, 50, places=3)
percents = st.decimals(0, 100, places=2)
clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
restrictions = st.builds(
    Restrictions,
    start_time=st.none() | clock,
    end_time=st.none() | clock,
    weekdays=st.lists(st.sampled_from(Weekday), max_size=5, unique=True).map(tuple),
    min_wh=st.none() | st.integers(0, 20_000),
    max_wh=st.none() | st.integers(20_001, 60_000),
    min_w=st.none() | st.integers(0, 5_000),
    min_seconds=st.none() | st.integers(0, 7_200),
    max_seconds=st.none() | st.integers(7_201, 30_000),
    max_charging_seconds=st.none() | st.integers(1, 20_000),
)
taxes = st.lists(st.builds(Tax, st.sampled_from("ABC"), percents, st.integers(0, 2)), max_size=3).map(tuple)
elements = st.builds(
    PriceElement,
    st.sampled_from(PriceKind),
    money,
    taxes=taxes,
    step_size=st.sampled_from([0, 0, 1, 60, 500, 900]),
    restrictions=st.none() | restrictions,
)
price_limits = st.none() | st.builds(PriceLimit, st.none(), st.decimals(0, 60, places=2))


@st.composite
def tariffs(draw: st.DrawFn) -> Terms:
    terms = Terms(
        draw(st.sampled_from(["EUR", "JPY", "KWD"])),
        tuple(draw(st.lists(elements, max_size=6))),
        time_zone=draw(st.sampled_from([None, "Europe/Berlin", "America/New_York"])),
        tax_included=draw(st.booleans()),
    )
    terms = replace(terms, min_price=draw(price_limits), max_price=draw(price_limits))
    for element in terms.elements:  # leave out what no tariff may say
        try:
            check(replace(terms, elements=(element,)))
        except InvalidTariff:
            terms = replace(terms, elements=tuple(e for e in terms.elements if e is not element))
    return terms


@st.composite
def courses(draw: st.DrawFn) -> Course:
    start = AUTUMN + timedelta(seconds=draw(st.integers(0, 36_000)))
    length = draw(st.integers(0, 30_000))
    steps = draw(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 8_000)), max_size=12))
    at, wh, samples = start, 1_000_000, [Sample(start, Decimal(1_000_000))]
    for seconds, amount in steps:
        at, wh = at + timedelta(seconds=seconds), wh + amount
        samples.append(Sample(at, Decimal(wh), draw(st.none() | st.decimals(0, 22_000, places=0))))
    states = draw(
        st.dictionaries(
            st.integers(0, 30_000), st.sampled_from(["Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"]), max_size=5
        )
    )
    end = start + timedelta(seconds=length)
    return Course(
        start,
        end,
        tuple(samples),
        tuple(StateChange(start + timedelta(seconds=s), state) for s, state in states.items()),
        draw(st.none() | st.just(end + timedelta(seconds=draw(st.integers(0, 5_000))))),
        draw(st.none() | st.just(Reservation(start - timedelta(minutes=30), start))),
    )


def sums(bill: Bill) -> tuple[Decimal, Decimal, Decimal]:
    return (
        sum((line.amount_excl_vat for line in bill.lines), Decimal(0)),
        sum((line.vat_amount for line in bill.lines), Decimal(0)),
        sum((line.amount_incl_vat for line in bill.lines), Decimal(0)),
    )


@given(courses(), tariffs())
def test_the_lines_add_up_to_the_totals_and_can_be_paid(course: Course, terms: Terms) -> None:
    bill = rate(course, terms)
    assert sums(bill) == (bill.total_excl_vat, bill.total_vat, bill.total_incl_vat)
    cent = minor_unit(terms.currency)
    for line in bill.lines:
        assert line.amount_excl_vat + line.vat_amount == line.amount_incl_vat
        assert sum((tax.amount for tax in line.taxes), Decimal(0)) == line.vat_amount
        assert line.amount_incl_vat == line.amount_incl_vat.quantize(cent)


@given(courses(), tariffs())
def test_nothing_is_negative_but_what_the_highest_price_takes_off(course: Course, terms: Terms) -> None:
    bill = rate(course, terms)
    assert bill.total_incl_vat >= 0
    for line in bill.lines:
        assert line.kind == "MAXIMUM_PRICE" or min(line.quantity, line.amount_excl_vat, line.vat_amount) >= 0


@given(courses(), tariffs(), st.randoms(use_true_random=False))
def test_the_order_in_which_samples_and_states_come_does_not_matter(
    course: Course, terms: Terms, chance: random.Random
) -> None:
    samples, states = list(course.samples), list(course.states)
    chance.shuffle(samples)
    chance.shuffle(states)
    assert rate(replace(course, samples=tuple(samples), states=tuple(states)), terms) == rate(course, terms)


@given(courses(), tariffs())
def test_the_running_cost_at_the_end_is_the_final_cost(course: Course, terms: Terms) -> None:
    assert course.start is not None
    assert course.end is not None
    last = max(course.end, course.unplugged or course.end, *(sample.at for sample in course.samples))
    assert rate(course.until(last), terms) == rate(course, terms)


@given(courses(), tariffs())
def test_finer_samples_on_the_same_line_change_nothing(course: Course, terms: Terms) -> None:
    """Where power decides a price it is told, or all the samples tell the same."""
    samples = [sample._replace(w=None) for sample in course.samples]
    finer = list(samples)
    for before, after in pairwise(samples):
        assert before.wh is not None
        assert after.wh is not None
        if before.at < after.at:
            finer.append(Sample(before.at + (after.at - before.at) / 2, (before.wh + after.wh) / 2))
    coarse = rate(replace(course, samples=tuple(samples)), terms)
    assert money_of(rate(replace(course, samples=tuple(finer)), terms)) == money_of(coarse)


def money_of(bill: Bill) -> list[tuple[str, Decimal, Decimal]]:
    return [(line.kind, line.quantity, line.amount_incl_vat) for line in bill.lines]


@given(courses(), st.lists(elements, max_size=4), st.integers(1, 20_000))
def test_more_energy_never_costs_less(course: Course, elements: list[PriceElement], more: int) -> None:
    """Of tariffs that do not grow cheaper: prices without conditions."""
    terms = Terms("EUR", tuple(replace(element, restrictions=None) for element in elements))
    last = course.samples[-1]
    assert last.wh is not None
    dearer = replace(course, samples=(*course.samples, last._replace(wh=last.wh + more)))
    assert rate(dearer, terms).total_incl_vat >= rate(course, terms).total_incl_vat


@given(courses(), tariffs())
def test_the_spans_of_a_line_are_what_was_measured(course: Course, terms: Terms) -> None:
    per = {"kWh": 1000, "h": 3600, "session": 1, "reservation": 1}
    for line in rate(course, terms).lines:
        if line.measured is not None:
            units = sum(span.units for span in line.spans)
            assert Decimal(units) / per[line.unit] == line.measured
            assert line.quantity >= line.measured
            assert all(span.start <= span.end for span in line.spans)


@given(courses())
def test_all_energy_and_all_time_is_somewhere(course: Course) -> None:
    assert course.start is not None
    assert course.end is not None
    kinds = PriceKind.ENERGY, PriceKind.TIME, PriceKind.IDLE
    terms = Terms("EUR", tuple(PriceElement(kind, Decimal(1)) for kind in kinds))
    found = {str(line.kind): line.quantity for line in rate(replace(course, unplugged=None), terms).lines}
    registers = [sample.wh for sample in course.samples if sample.wh is not None]
    assert found["ENERGY"] * 1000 == max(registers) - min(registers)
    hours = found.get("TIME", Decimal(0)) + found.get("IDLE", Decimal(0))
    assert round(hours * 3600) == round((course.end - course.start).total_seconds())


@settings(max_examples=50)
@given(st.integers(0, 36_000), st.integers(0, 30_000), st.integers(0, 100_000), tariffs())
def test_the_same_arguments_give_the_same_bill(after: int, seconds: int, wh: int, terms: Terms) -> None:
    start = AUTUMN + timedelta(seconds=after)
    course = Course.plain(start, start + timedelta(seconds=seconds), wh)
    assert rate(course, terms) == rate(course, terms)
