"""What a tariff may say, and what is said of one that may not."""

from __future__ import annotations

from datetime import UTC, date, time
from decimal import Decimal
from typing import Any

import pytest

from domain.rating import (
    InvalidTariff,
    PriceElement,
    PriceKind,
    PriceLimit,
    Restrictions,
    Tax,
    Terms,
    check,
)

D = Decimal
ENERGY = PriceElement(PriceKind.ENERGY, D("0.40"))


def energy(**more: Any) -> PriceElement:
    return PriceElement(PriceKind.ENERGY, D("0.40"), **more)


def when(**more: Any) -> PriceElement:
    return energy(restrictions=Restrictions(**more))


def terms(*elements: PriceElement, **more: Any) -> Terms:
    return Terms("EUR", elements or (ENERGY,), **more)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (terms(time_zone="Europe/Bonn"), "time_zone must be an IANA name such as Europe/Berlin, not 'Europe/Bonn'"),
        (terms(time_zone="../etc/passwd"), "IANA"),
        (terms(time_zone=""), "IANA"),
        (terms(energy(vat=D(19), taxes=(Tax("VAT", D(19)),))), "element 1: give vat or taxes, not both"),
        (terms(energy(taxes=(Tax("", D(19)),))), "a tax must have a name"),
        (terms(energy(taxes=(Tax("VAT", D(-1)),))), "tax 'VAT' must be a percentage"),
        (terms(energy(taxes=(Tax("VAT", D(1), -1),))), "stack must be from 0 to 9"),
        (terms(ENERGY, energy(step_size=-1)), "element 2: step_size must be from 0"),
        (terms(PriceElement(PriceKind.FLAT, D(1), step_size=5)), "FLAT is charged once and has no step_size"),
        (terms(when(min_wh=-1)), "must be zero or more"),
        (terms(when(min_a=D("NaN"))), "must be zero or more"),
        (terms(when(min_wh=10, max_wh=10)), "max_wh 10 must be more than min_wh 10"),
        (terms(when(min_charging_seconds=10, max_charging_seconds=5)), "max_charging_seconds 5 must be more"),
        (terms(when(start_date=date(2026, 1, 2), end_date=date(2026, 1, 2))), "must be after start_date"),
        (terms(when(start_time=time(8), end_time=time(8))), "leave them out for the whole day"),
        (terms(when(start_time=time(8, tzinfo=UTC))), "start_time is wall clock and has no offset"),
        (terms(when(min_idle_seconds=60)), "ENERGY cannot be restricted by idle time"),
        (terms(when(reservation_expired=True)), "ENERGY cannot be restricted by the end of a reservation"),
        (terms(when(supply="ac")), "supply must be AC or DC, not 'ac'"),
        (terms(ENERGY, when(max_wh=5)), "no ENERGY element after element 1 can apply"),
        (terms(min_price=PriceLimit()), "min_price must say an amount"),
        (terms(max_price=PriceLimit(D(-1))), "max_price must be zero or more"),
        (terms(max_price=PriceLimit(D(2), D(1))), "must not be less with tax"),
        (terms(min_price=PriceLimit(None, D(3)), max_price=PriceLimit(None, D(2))), "max_price 2 must not be less"),
    ],
)
def test_what_is_wrong_is_said(wrong: Terms, text: str) -> None:
    with pytest.raises(InvalidTariff, match="^(element 1: )?(.*)" + text.replace("(", r"\(")):
        check(wrong)


@pytest.mark.parametrize(
    "right",
    [
        terms(ENERGY, energy(), time_zone="America/Argentina/Buenos_Aires"),
        terms(when(max_wh=5), ENERGY),
        terms(energy(restrictions=Restrictions()), energy(restrictions=Restrictions())),
        terms(when(start_time=time(0), end_time=time(0))),
        terms(when(start_time=time(22), end_time=time(6), min_wh=0, max_wh=1)),
        terms(PriceElement(PriceKind.IDLE, D(6), restrictions=Restrictions(min_idle_seconds=600))),
        terms(min_price=PriceLimit(D(1)), max_price=PriceLimit(D(1), D("1.19"))),
        terms(energy(taxes=(Tax("GST", D(5)), Tax("QST", D("9.975"), 1)))),
    ],
)
def test_what_can_be_said(right: Terms) -> None:
    check(right)
