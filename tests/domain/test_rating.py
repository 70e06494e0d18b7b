from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rating import Bill, Course, PriceElement, PriceKind, Terms, Usage, minor_unit
from domain.rating import rate as rate_course

ENERGY, TIME, FLAT = PriceKind.ENERGY, PriceKind.TIME, PriceKind.FLAT


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rate(usage: Usage, currency: str | None, elements: tuple[PriceElement, ...]) -> Bill:
    course = Course.plain(NOON, NOON + timedelta(seconds=usage.seconds), usage.energy_wh)
    return rate_course(course, Terms(currency, elements) if currency else None)


def prices(*elements: tuple[PriceKind, str, int]) -> tuple[PriceElement, ...]:
    return tuple(PriceElement(kind, Decimal(price), Decimal(vat)) for kind, price, vat in elements)


def test_energy_time_and_a_flat_price_each_make_a_line() -> None:
    bill = rate(Usage(12_345, 5_400), "EUR", prices((ENERGY, "0.49", 19), (TIME, "1.20", 19), (FLAT, "0.35", 0)))
    assert [(line.quantity, line.unit, line.amount_excl_vat, line.vat_amount) for line in bill.lines] == [
        (Decimal("12.345"), "kWh", Decimal("6.05"), Decimal("1.15")),
        (Decimal("1.5"), "h", Decimal("1.80"), Decimal("0.34")),
        (Decimal(1), "session", Decimal("0.35"), Decimal("0.00")),
    ]
    assert (bill.total_excl_vat, bill.total_vat, bill.total_incl_vat) == (
        Decimal("8.20"),
        Decimal("1.49"),
        Decimal("9.69"),
    )


def test_without_a_tariff_there_is_nothing_to_pay_and_it_is_said() -> None:
    bill = rate(Usage(12_345, 5_400), None, ())
    assert (bill.currency, bill.lines, bill.total_incl_vat) == (None, (), Decimal(0))


def test_a_tariff_without_prices_is_free() -> None:
    assert rate(Usage(1, 1), "EUR", ()).total_incl_vat == Decimal("0.00")


@pytest.mark.parametrize(
    ("currency", "net", "vat", "gross"),
    [
        ("EUR", "1.23", "0.12", "1.35"),
        ("JPY", "1", "0", "1"),
        ("KWD", "1.235", "0.124", "1.359"),
        ("ISK", "1", "0", "1"),
    ],
)
def test_amounts_are_rounded_to_what_can_be_paid(currency: str, net: str, vat: str, gross: str) -> None:
    bill = rate(Usage(1_000, 0), currency, prices((ENERGY, "1.2345", 10)))
    assert (bill.total_excl_vat, bill.total_vat, bill.total_incl_vat) == (Decimal(net), Decimal(vat), Decimal(gross))
    assert str(bill.total_incl_vat) == gross


@pytest.mark.parametrize(
    ("price", "net"), [("0.005", "0.01"), ("0.0049", "0.00"), ("0.015", "0.02"), ("0.025", "0.03")]
)
def test_half_a_cent_is_rounded_up(price: str, net: str) -> None:
    assert rate(Usage(0, 0), "EUR", prices((FLAT, price, 0))).total_excl_vat == Decimal(net)


def test_tax_is_taken_of_the_rounded_amount_line_by_line() -> None:
    bill = rate(Usage(0, 0), "EUR", prices((FLAT, "0.144", 50), (FLAT, "0.144", 50)))
    assert (bill.total_excl_vat, bill.total_vat) == (Decimal("0.28"), Decimal("0.14"))


amounts = st.decimals(0, 10_000, places=4)
elements = st.builds(PriceElement, st.sampled_from(PriceKind), amounts, st.decimals(0, 100, places=2))
usages = st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**8))


@given(usages, st.sampled_from(["EUR", "JPY", "KWD"]), st.lists(elements, max_size=6).map(tuple))
def test_the_lines_add_up_to_the_totals_to_the_last_unit(
    usage: Usage, currency: str, elements: tuple[PriceElement, ...]
) -> None:
    bill = rate(usage, currency, elements)
    assert bill.total_excl_vat == sum(line.amount_excl_vat for line in bill.lines)
    assert bill.total_vat == sum(line.vat_amount for line in bill.lines)
    assert bill.total_incl_vat == sum(line.amount_incl_vat for line in bill.lines)
    assert bill.total_incl_vat == bill.total_excl_vat + bill.total_vat
    unit = minor_unit(currency)
    for line in bill.lines:
        for amount in (line.amount_excl_vat, line.vat_amount, line.amount_incl_vat):
            assert amount % unit == 0
        assert abs(line.amount_excl_vat - line.quantity * line.unit_price) <= unit / 2
    assert rate(usage, currency, elements) == bill
