"""What tariffs say of prices, as it is read and as it is set."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from typing import Any

import strawberry

from api.graphql.enums import PriceKind, Weekday
from api.graphql.errors import bad_input
from domain import rating

_HIGHEST = Decimal(1_000_000)
_MOST_DECIMALS = 6
_MOST_ELEMENTS = 20
_MOST_TAXES = 5
_LONGEST_NAME = 100

_RESTRICTIONS = (
    "When a price applies: all that is given must hold. A min is included, a max is not. Times and dates are wall"
    " clock in the tariff's time zone; a stretch that ends before it starts passes midnight. Energy in Wh, power in W,"
    " current in A over all phases, durations in seconds. minIdleSeconds is the grace of an IDLE price; it begins anew"
    " each time the vehicle stops asking for energy."
)


@dataclass
class _Restrictions:
    start_time: time | None = None
    end_time: time | None = None
    weekdays: list[Weekday] | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_wh: int | None = None
    max_wh: int | None = None
    min_w: int | None = None
    max_w: int | None = None
    min_a: Decimal | None = None
    max_a: Decimal | None = None
    min_seconds: int | None = None
    max_seconds: int | None = None
    min_charging_seconds: int | None = None
    max_charging_seconds: int | None = None
    min_idle_seconds: int | None = None
    max_idle_seconds: int | None = None
    supply: str | None = None
    payment_brand: str | None = None
    payment_recognition: str | None = None
    reservation_expired: bool | None = None


@strawberry.type(description=_RESTRICTIONS)
class PriceRestrictions(_Restrictions):
    pass


@strawberry.input(description=_RESTRICTIONS)
class PriceRestrictionsInput(_Restrictions):
    pass


@strawberry.type(
    description="In percent; `stack` 0 is of the price, 1 of the price with all taxes of stack 0, and so on."
)
class Tax:
    name: str
    percent: Decimal
    stack: int


@strawberry.input(
    description="In percent; `stack` 0 is of the price, 1 of the price with all taxes of stack 0, and so on."
)
class TaxInput:
    name: str
    percent: Decimal
    stack: int = 0


@strawberry.type(description="What a session costs at least, or at most: net, with tax, or each for itself.")
class PriceLimit:
    excl_tax: Decimal | None = None
    incl_tax: Decimal | None = None

    @classmethod
    def of(cls, limit: rating.PriceLimit | None) -> PriceLimit | None:
        return None if limit is None else cls(excl_tax=limit.excl_tax, incl_tax=limit.incl_tax)


@strawberry.input(description="What a session costs at least, or at most: net, with tax, or each for itself.")
class PriceLimitInput:
    excl_tax: Decimal | None = None
    incl_tax: Decimal | None = None


@strawberry.type(
    description="ENERGY is a price per kWh, TIME per hour of the session, IDLE per hour in which the vehicle is"
    " connected and asks for nothing, FLAT per session, RESERVATION_TIME per hour and RESERVATION_FLAT per reservation;"
    " vat in percent. The first element of a kind whose restrictions hold applies; a kind without restrictions adds up."
)
class PriceElement:
    kind: PriceKind
    price: Decimal
    vat: Decimal
    taxes: list[Tax]
    step_size: int = strawberry.field(description="In Wh or seconds: totals are rounded up to a multiple of it.")
    restrictions: PriceRestrictions | None

    @classmethod
    def of(cls, element: rating.PriceElement) -> PriceElement:
        when = element.restrictions
        return cls(
            kind=element.kind,
            price=element.price,
            vat=element.vat,
            taxes=[Tax(name=tax.name, percent=tax.percent, stack=tax.stack) for tax in element.taxes],
            step_size=element.step_size,
            restrictions=None if when is None else PriceRestrictions(**_said(when)),
        )


@strawberry.input(
    description="ENERGY is a price per kWh, TIME and IDLE per hour, FLAT per session; vat in percent, or several taxes."
    " Without an IDLE element TIME goes on while the vehicle asks for nothing."
)
class PriceElementInput:
    kind: PriceKind
    price: Decimal
    vat: Decimal = Decimal(0)
    taxes: list[TaxInput] = strawberry.field(default_factory=list)
    step_size: int = strawberry.field(default=0, description="In Wh or seconds: totals are rounded up to a multiple.")
    restrictions: PriceRestrictionsInput | None = None


def elements_of(inputs: list[PriceElementInput]) -> tuple[rating.PriceElement, ...]:
    """Prices that every later calculation can hold: the domain rounds to minor units and must never overflow."""
    if len(inputs) > _MOST_ELEMENTS:
        raise bad_input("elements", f"a tariff has at most {_MOST_ELEMENTS} elements")
    return tuple([_element(element) for element in inputs])


def limit_of(field: str, limit: PriceLimitInput | None) -> rating.PriceLimit | None:
    if limit is None:
        return None
    for amount in (limit.excl_tax, limit.incl_tax):
        _check_number(field, amount)
    return rating.PriceLimit(limit.excl_tax, limit.incl_tax)


def _element(element: PriceElementInput) -> rating.PriceElement:
    if len(element.taxes) > _MOST_TAXES:
        raise bad_input("elements", f"a price has at most {_MOST_TAXES} taxes")
    for number in (element.price, element.vat, *[tax.percent for tax in element.taxes]):
        _check_number("elements", number)
    for tax in element.taxes:
        _check_name(tax.name)
    return rating.PriceElement(
        element.kind,
        element.price,
        element.vat,
        tuple([rating.Tax(tax.name, tax.percent, tax.stack) for tax in element.taxes]),
        element.step_size,
        None if element.restrictions is None else _restrictions(element.restrictions),
    )


def _restrictions(told: PriceRestrictionsInput) -> rating.Restrictions:
    for number in (told.min_a, told.max_a):
        _check_number("elements", number)
    for name in (told.payment_brand, told.payment_recognition):
        if name is not None:
            _check_name(name)
    return rating.Restrictions(**(_said(told) | {"weekdays": tuple(told.weekdays or ())}))


def _said(told: Any) -> dict[str, Any]:
    return {field.name: getattr(told, field.name) for field in fields(_Restrictions)}


def _check_number(field: str, number: Decimal | None) -> None:
    if number is None:
        return
    exponent = number.normalize().as_tuple().exponent
    if number >= _HIGHEST or not isinstance(exponent, int) or exponent < -_MOST_DECIMALS:
        raise bad_input(field, f"a price is below a million and has at most {_MOST_DECIMALS} decimals: {number}")


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise bad_input("elements", f"a name has at most {_LONGEST_NAME} printable characters")
