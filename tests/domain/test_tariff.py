from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.events import Tariff
from domain.rating import PriceElement, PriceKind
from domain.tariff import InvalidTariff, Terms

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def terms(price: str = "0.40", currency: str = "EUR", vat: str = "19") -> Terms:
    return Terms(currency, (PriceElement(PriceKind.ENERGY, Decimal(price), Decimal(vat)),))


def test_every_definition_is_a_version_and_the_old_ones_stay() -> None:
    tariff = Tariff.blank(Tariff.stream("day"))
    assert tariff.terms is None
    for price in ("0.40", "0.40", "0.50", "0.40"):
        tariff.define(terms(price), NOON)
    assert tariff.versions == {1: terms("0.40"), 2: terms("0.50"), 3: terms("0.40")}
    assert tariff.terms == terms("0.40")


@pytest.mark.parametrize(
    "wrong",
    [
        terms(currency="eur"),
        terms(currency="EURO"),
        terms(currency="€€€"),
        terms(currency=""),
        terms(price="-0.01"),
        terms(price="NaN"),
        terms(price="Infinity"),
        terms(vat="-1"),
        terms(vat="100.01"),
        terms(vat="NaN"),
    ],
)
def test_what_cannot_rate_anything_is_no_tariff(wrong: Terms) -> None:
    tariff = Tariff.blank(Tariff.stream("day"))
    with pytest.raises(InvalidTariff):
        tariff.define(wrong, NOON)
    assert not tariff.exists


@pytest.mark.parametrize("right", [terms("0"), terms(vat="0"), terms(vat="100"), Terms("JPY", ())])
def test_free_and_without_tax_are_prices_too(right: Terms) -> None:
    tariff = Tariff.blank(Tariff.stream("day"))
    tariff.define(right, NOON)
    assert tariff.terms == right
