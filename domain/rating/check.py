"""Whether terms can rate a session at all."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.rating.terms import PriceElement, PriceKind, PriceLimit, Restrictions, Tax, Terms

_RANGES = ("wh", "w", "a", "seconds", "charging_seconds", "idle_seconds")
_RESERVATIONS = (PriceKind.RESERVATION_TIME, PriceKind.RESERVATION_FLAT)
_ONCE = (PriceKind.FLAT, PriceKind.RESERVATION_FLAT)
_HIGHEST_STEP = 10_000_000


class InvalidTariff(ValueError):
    """The tariff cannot be used to rate anything; the message says which field and why."""


def check(terms: Terms) -> None:
    if len(terms.currency) != 3 or not terms.currency.isascii() or not terms.currency.isupper():
        raise InvalidTariff(f"currency must be three capital letters as in ISO 4217, not {terms.currency!r}")
    if terms.time_zone is not None:
        _check_zone(terms.time_zone)
    for number, element in enumerate(terms.elements, 1):
        try:
            _check_element(element)
        except InvalidTariff as error:
            raise InvalidTariff(f"element {number}: {error}") from None
    _check_all_apply(terms.elements)
    _check_limits(terms.min_price, terms.max_price)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidTariff(f"time_zone must be an IANA name such as Europe/Berlin, not {name[:60]!r}") from None


def _check_element(element: PriceElement) -> None:
    if not (element.price.is_finite() and element.price >= 0):
        raise InvalidTariff(f"a price must be zero or more, not {element.price}")
    _check_percent("vat", element.vat)
    if element.taxes and element.vat:
        raise InvalidTariff("give vat or taxes, not both")
    for tax in element.taxes:
        _check_tax(tax)
    if not 0 <= element.step_size <= _HIGHEST_STEP:
        raise InvalidTariff(f"step_size must be from 0 to {_HIGHEST_STEP}, not {element.step_size}")
    if element.step_size > 1 and element.kind in _ONCE:
        raise InvalidTariff(f"{element.kind} is charged once and has no step_size")
    if element.restrictions is not None:
        _check_restrictions(element.kind, element.restrictions)


def _check_tax(tax: Tax) -> None:
    if not tax.name:
        raise InvalidTariff("a tax must have a name")
    _check_percent(f"tax {tax.name!r}", tax.percent)
    if not 0 <= tax.stack < 10:
        raise InvalidTariff(f"tax {tax.name!r}: stack must be from 0 to 9, not {tax.stack}")


def _check_percent(what: str, percent: Decimal) -> None:
    if not (percent.is_finite() and Decimal(0) <= percent <= 100):
        raise InvalidTariff(f"{what} must be a percentage from 0 to 100, not {percent}")


def _check_restrictions(kind: PriceKind, when: Restrictions) -> None:
    for what in _RANGES:
        _check_range(what, getattr(when, f"min_{what}"), getattr(when, f"max_{what}"))
    if when.start_date is not None and when.end_date is not None and when.end_date <= when.start_date:
        raise InvalidTariff(f"end_date {when.end_date} must be after start_date {when.start_date}")
    for name in ("start_time", "end_time"):
        told = getattr(when, name)
        if told is not None and told.tzinfo is not None:
            raise InvalidTariff(f"{name} is wall clock and has no offset")
    if when.start_time is not None and when.start_time == when.end_time and when.start_time != when.start_time.min:
        raise InvalidTariff(f"start_time and end_time are both {when.start_time}: leave them out for the whole day")
    if (when.min_idle_seconds, when.max_idle_seconds) != (None, None) and kind is not PriceKind.IDLE:
        raise InvalidTariff(f"{kind} cannot be restricted by idle time")
    if when.reservation_expired is not None and kind not in _RESERVATIONS:
        raise InvalidTariff(f"{kind} cannot be restricted by the end of a reservation")
    if when.supply not in (None, "AC", "DC"):
        raise InvalidTariff(f"supply must be AC or DC, not {when.supply!r}")


def _check_range(what: str, least: Decimal | int | None, most: Decimal | int | None) -> None:
    for bound in (least, most):
        if bound is not None and not (Decimal(bound).is_finite() and bound >= 0):
            raise InvalidTariff(f"min_{what} and max_{what} must be zero or more, not {bound}")
    if least is not None and most is not None and most <= least:
        raise InvalidTariff(f"max_{what} {most} must be more than min_{what} {least}")


def _check_all_apply(elements: tuple[PriceElement, ...]) -> None:
    """A kind with restrictions is decided by the first element that matches: none may follow one that always does."""
    for kind in PriceKind:
        of_kind = [(number, element) for number, element in enumerate(elements, 1) if element.kind is kind]
        if not any(element.restricted for _, element in of_kind):
            continue
        for number, element in of_kind[:-1]:
            if not element.restricted:
                raise InvalidTariff(f"no {kind} element after element {number} can apply: it has no restrictions")


def _check_limits(least: PriceLimit | None, most: PriceLimit | None) -> None:
    for what, limit in (("min_price", least), ("max_price", most)):
        if limit is None:
            continue
        net, gross = limit.excl_tax, limit.incl_tax
        if net is None and gross is None:
            raise InvalidTariff(f"{what} must say an amount, excl_tax or incl_tax")
        for amount in (net, gross):
            if amount is not None and not (amount.is_finite() and amount >= 0):
                raise InvalidTariff(f"{what} must be zero or more, not {amount}")
        if net is not None and gross is not None and gross < net:
            raise InvalidTariff(f"{what} must not be less with tax ({gross}) than without ({net})")
    if least is None or most is None:
        return
    for name in ("excl_tax", "incl_tax"):
        low, high = getattr(least, name), getattr(most, name)
        if low is not None and high is not None and high < low:
            raise InvalidTariff(f"max_price {high} must not be less than min_price {low}")
