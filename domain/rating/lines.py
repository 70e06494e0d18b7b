"""Lines of a bill. Money is rounded half up once a line to the currency's minor unit, and taxes are of the rounded
amount, so that the lines add up to the totals to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from domain.rating.terms import PriceElement, Tax


class LineKind(StrEnum):
    """The kinds of prices, and what brings a bill to its least or highest amount."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    FLAT = "FLAT"
    IDLE = "IDLE"
    RESERVATION_TIME = "RESERVATION_TIME"
    RESERVATION_FLAT = "RESERVATION_FLAT"
    MINIMUM_PRICE = "MINIMUM_PRICE"
    MAXIMUM_PRICE = "MAXIMUM_PRICE"


@dataclass(frozen=True, slots=True)
class TaxAmount:
    name: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """When an element applied, and to how much, in Wh, seconds or pieces."""

    start: datetime
    end: datetime
    units: int


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line: quantity times unit price, rounded; `quantity` is exact, in `unit`.

    `measured` is the quantity before it was rounded up to the step size; `exact_amount` is before rounding to money,
    net or with tax as the tariff's prices are; `element` is the place of its price in the tariff, from 0.
    """

    kind: LineKind
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_excl_vat: Decimal
    vat_rate: Decimal
    vat_amount: Decimal
    amount_incl_vat: Decimal
    taxes: tuple[TaxAmount, ...] = ()
    measured: Decimal | None = None
    exact_amount: Decimal | None = None
    element: int | None = None
    spans: tuple[Span, ...] = ()
    source: str | None = None


def rounded(amount: Decimal, cent: Decimal) -> Decimal:
    return amount.quantize(cent, ROUND_HALF_UP)


def taxes_of(element: PriceElement) -> tuple[Tax, ...]:
    if element.taxes:
        return element.taxes
    return (Tax("VAT", element.vat),) if element.vat else ()


def total_percent(taxes: Iterable[Tax]) -> Decimal:
    """Of all taxes together, in percent of the net price."""
    stacks: dict[int, Decimal] = {}
    for tax in taxes:
        stacks[tax.stack] = stacks.get(tax.stack, Decimal(0)) + tax.percent
    if len(stacks) <= 1:
        return sum(stacks.values(), Decimal(0))
    factor = Decimal(1)
    for percent in stacks.values():
        factor *= 1 + percent / 100
    return (factor - 1) * 100


def taxed(
    amount: Decimal, taxes: tuple[Tax, ...], included: bool, cent: Decimal
) -> tuple[Decimal, tuple[TaxAmount, ...], Decimal]:
    """Net, taxes and gross of a rounded amount that is net, or gross if taxes are included. Each tax is rounded."""
    if not taxes:
        return amount, (), amount
    base = amount * 100 / (100 + total_percent(taxes)) if included else amount
    amounts: list[TaxAmount] = []
    for stack in sorted({tax.stack for tax in taxes}):
        of_stack = [(tax, base * tax.percent / 100) for tax in taxes if tax.stack == stack]
        amounts += [TaxAmount(tax.name, tax.percent, rounded(exact, cent)) for tax, exact in of_stack]
        base += sum([exact if included else rounded(exact, cent) for _, exact in of_stack], Decimal(0))
    total = sum([tax.amount for tax in amounts], Decimal(0))
    return (amount - total, tuple(amounts), amount) if included else (amount, tuple(amounts), amount + total)
