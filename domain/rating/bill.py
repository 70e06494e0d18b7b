"""A bill: lines and their sums, held between the least and the highest price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from domain.rating.lines import ChargeLine, LineKind, TaxAmount, rounded, taxed, taxes_of, total_percent
from domain.rating.terms import PriceLimit, Tax, Terms


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines and their sums. A session without a tariff has no lines, no currency and costs an explicit zero."""

    currency: str | None
    lines: tuple[ChargeLine, ...]
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal
    limit: LineKind | None = None
    """MINIMUM_PRICE or MAXIMUM_PRICE where one of them decided."""


def summed(currency: str, lines: Iterable[ChargeLine], cent: Decimal, limit: LineKind | None = None) -> Bill:
    lines, zero = tuple(lines), Decimal(0).quantize(cent)
    net = sum([line.amount_excl_vat for line in lines], zero)
    vat = sum([line.vat_amount for line in lines], zero)
    return Bill(currency, lines, net, vat, net + vat, limit)


def limited(bill: Bill, terms: Terms, cent: Decimal) -> Bill:
    """The bill with lines that bring it up to the least price, or down to the highest."""
    bill = _held(bill, terms, LineKind.MINIMUM_PRICE, terms.min_price, cent)
    return _held(bill, terms, LineKind.MAXIMUM_PRICE, terms.max_price, cent)


def _held(bill: Bill, terms: Terms, kind: LineKind, limit: PriceLimit | None, cent: Decimal) -> Bill:
    if limit is None:
        return bill
    choose = max if kind is LineKind.MINIMUM_PRICE else min
    net = gross = Decimal(0)
    if limit.excl_tax is not None:
        net = choose(bill.total_excl_vat, rounded(limit.excl_tax, cent)) - bill.total_excl_vat
    if limit.incl_tax is not None:
        gross = choose(bill.total_incl_vat, rounded(limit.incl_tax, cent)) - bill.total_incl_vat
    if not net and not gross:
        return bill
    if limit.incl_tax is None:
        lines = _spread(bill, terms, kind, net, False, cent)
    elif limit.excl_tax is None:
        lines = _spread(bill, terms, kind, gross, True, cent)
    else:
        lines = [_line(kind, net, (), gross, None)]
    return summed(terms.currency, [*bill.lines, *lines], cent, kind)


def _spread(
    bill: Bill, terms: Terms, kind: LineKind, amount: Decimal, included: bool, cent: Decimal
) -> list[ChargeLine]:
    """An amount, net or gross, over the taxes of the lines in proportion; of nothing, the taxes of the first price."""
    shares: dict[tuple[Tax, ...], Decimal] = {}
    for line in bill.lines:
        taxes = taxes_of(terms.elements[line.element]) if line.element is not None else ()
        told = line.amount_incl_vat if included else line.amount_excl_vat
        shares[taxes] = shares.get(taxes, Decimal(0)) + told
    whole = sum(shares.values(), Decimal(0))
    if not whole:
        shares, whole = {taxes_of(terms.elements[0]) if terms.elements else (): Decimal(1)}, Decimal(1)
    lines, left = [], amount
    for place, (taxes, share) in enumerate(shares.items(), 1):
        part = left if place == len(shares) else rounded(amount * share / whole, cent)
        left -= part
        if part:
            net, amounts, gross = taxed(part, taxes, included, cent)
            lines.append(_line(kind, net, amounts, gross, total_percent(taxes)))
    return lines


def _line(
    kind: LineKind, net: Decimal, taxes: tuple[TaxAmount, ...], gross: Decimal, percent: Decimal | None
) -> ChargeLine:
    return ChargeLine(
        kind, Decimal(1), "session", net, net, percent or Decimal(0), gross - net, gross, taxes, exact_amount=net
    )
