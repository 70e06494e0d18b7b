"""From facts and a tariff to a bill. Pure; money is Decimal, rounded half up once a line to the currency's minor unit.

Taxes are computed per line on the rounded net amount, so that the lines add up to the totals to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

_MINOR_UNITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class PriceKind(StrEnum):
    """What a price element charges for: per kWh, per hour of the session, or once a session."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    FLAT = "FLAT"


_UNIT = {PriceKind.ENERGY: "kWh", PriceKind.TIME: "h", PriceKind.FLAT: "session"}


@dataclass(frozen=True, slots=True)
class PriceElement:
    """One price, net of tax, in the tariff's currency; `vat` in percent (19 means 19 %)."""

    kind: PriceKind
    price: Decimal
    vat: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session consumed: energy in Wh and chargeable time in seconds."""

    energy_wh: int
    seconds: int


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line: quantity times unit price, rounded; `quantity` is exact, in `unit`."""

    kind: PriceKind
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_excl_vat: Decimal
    vat_rate: Decimal
    vat_amount: Decimal
    amount_incl_vat: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines and their sums. A session without a tariff has no lines, no currency and costs an explicit zero."""

    currency: str | None
    lines: tuple[ChargeLine, ...]
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency (ISO 4217): 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2))


def _quantity(kind: PriceKind, usage: Usage) -> Decimal:
    match kind:
        case PriceKind.ENERGY:
            return Decimal(usage.energy_wh) / 1000
        case PriceKind.TIME:
            return Decimal(usage.seconds) / 3600
        case PriceKind.FLAT:
            return Decimal(1)


def rate(usage: Usage, currency: str | None, elements: tuple[PriceElement, ...]) -> Bill:
    """Rate a session. The same arguments give the same bill, today and in ten years."""
    if currency is None:
        return Bill(None, (), Decimal(0), Decimal(0), Decimal(0))
    cent = minor_unit(currency)
    lines = tuple(_line(element, usage, cent) for element in elements)
    zero = Decimal(0).quantize(cent)
    net = sum((line.amount_excl_vat for line in lines), zero)
    vat = sum((line.vat_amount for line in lines), zero)
    return Bill(currency, lines, net, vat, net + vat)


def _line(element: PriceElement, usage: Usage, cent: Decimal) -> ChargeLine:
    quantity = _quantity(element.kind, usage)
    net = (quantity * element.price).quantize(cent, rounding=ROUND_HALF_UP)
    vat = (net * element.vat / 100).quantize(cent, rounding=ROUND_HALF_UP)
    return ChargeLine(element.kind, quantity, _UNIT[element.kind], element.price, net, element.vat, vat, net + vat)
