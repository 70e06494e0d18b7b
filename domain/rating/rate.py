"""From the course of a session and the terms of a tariff to a bill: running cost, final cost, charge detail record,
preview and simulation alike (OCPI 2.2.1 Tariffs, OCPP 2.1 I07 to I12).

Periods, quantities, step sizes, prices, rounding, taxes, least and highest price: in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from domain.rating.bill import Bill, limited, summed
from domain.rating.course import Course
from domain.rating.cut import OF_A_RESERVATION, OF_A_SESSION, Period, matches, periods, reserved
from domain.rating.lines import ChargeLine, LineKind, Span, rounded, taxed, taxes_of, total_percent
from domain.rating.terms import PriceElement, PriceKind, Restrictions, Terms, minor_unit

_TIMED = frozenset({PriceKind.TIME, PriceKind.IDLE, PriceKind.RESERVATION_TIME})
_UNITS_PER = {PriceKind.ENERGY: ("kWh", 1000), **dict.fromkeys(_TIMED, ("h", 3600))}
_ONCE = {PriceKind.FLAT: ("session", 1), PriceKind.RESERVATION_FLAT: ("reservation", 1)}
_OF_A_BILL = _UNITS_PER | _ONCE
_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class _Priced:
    """What an element charges for; units are Wh, seconds or pieces."""

    units: int = 0
    extra: int = 0
    """Added by the step size."""
    stretches: list[list[int]] = field(default_factory=list)

    def add(self, begin: int, end: int, units: int) -> None:
        self.units += units
        if self.stretches and self.stretches[-1][1] == begin:
            self.stretches[-1][1] = end
            self.stretches[-1][2] += units
        else:
            self.stretches.append([begin, end, units])


Chain = list[tuple[int, PriceElement]]
"""Elements, with their places in the tariff, of which the first that matches applies."""
Charged = dict[int, tuple[PriceElement, _Priced]]
"""By the place of the element in the tariff."""


def rate(course: Course, terms: Terms | None) -> Bill:
    """Rate a session. The same arguments give the same bill, today and in ten years."""
    if terms is None:
        return Bill(None, (), Decimal(0), Decimal(0), Decimal(0))
    cent = minor_unit(terms.currency)
    lines: list[ChargeLine] = []
    if course.reservation is not None:
        priced = _priced(_chains(course, terms, OF_A_RESERVATION), reserved(course.reservation, course.start, terms))
        lines += _lines(course, terms, priced, course.reservation.start)
    if course.start is not None:
        priced = _priced(_chains(course, terms, OF_A_SESSION), periods(course, terms))
        lines += _lines(course, terms, priced, course.start)
    lines.sort(key=lambda line: line.element or 0)
    bill = summed(terms.currency, lines, cent)
    return bill if course.start is None else limited(bill, terms, cent)


def _chains(course: Course, terms: Terms, kinds: frozenset[PriceKind]) -> list[tuple[PriceKind, Chain]]:
    by_kind: dict[PriceKind, Chain] = {}
    for place, element in enumerate(terms.elements):
        if element.kind in kinds:
            by_kind.setdefault(element.kind, []).append((place, element))
    chains: list[tuple[PriceKind, Chain]] = []
    for kind, elements in by_kind.items():
        if any(element.restricted for _, element in elements):
            possible = [(place, e) for place, e in elements if _possible(course, e.restrictions)]
            chains.append((kind, possible))
        else:
            chains += [(kind, [one]) for one in elements]
    return chains


def _possible(course: Course, when: Restrictions | None) -> bool:
    """Whether the restrictions hold that are the same all through a session."""
    if when is None:
        return True
    expired = course.reservation is not None and course.reservation.expired
    return (
        when.supply in (None, course.supply)
        and when.payment_brand in (None, course.payment_brand)
        and when.payment_recognition in (None, course.payment_recognition)
        and when.reservation_expired in (None, expired)
    )


def _priced(chains: Sequence[tuple[PriceKind, Chain]], cuts: Sequence[Period]) -> Charged:
    """What the elements of all chains charge for. Step sizes are for energy, and for the kind of time that was charged
    for last.
    """
    walks = [(kind, *_walk(kind, chain, cuts)) for kind, chain in chains]
    last_timed = max([(last, kind) for kind, _, last, _ in walks if kind in _TIMED], default=(-1, None))[1]
    priced: Charged = {}
    for kind, charged, last, place in walks:
        if last >= 0 and (kind is PriceKind.ENERGY or kind is last_timed):
            _round_up(charged, place)
        priced |= charged
    return priced


def _walk(kind: PriceKind, chain: Chain, cuts: Sequence[Period]) -> tuple[Charged, int, int]:
    """What each element of a chain charges for, and when (-1: never) and which of them charged last."""
    charged: Charged = {}
    last, last_place = -1, 0
    for period in cuts:
        if not _counts(kind, period):
            continue
        for place, element in chain:  # noqa: B007  # used after the loop
            if matches(element.restrictions, period):
                break
        else:
            continue
        units = _units(kind, period)
        if units or not charged:
            charged.setdefault(place, (element, _Priced()))[1].add(period.begin, period.end, units)
        if units:
            last, last_place = period.end, place
            if kind in _ONCE:
                break
    if last >= 0:
        charged = {place: priced for place, priced in charged.items() if priced[1].units}
    return charged, last, last_place


def _counts(kind: PriceKind, period: Period) -> bool:
    if kind is PriceKind.TIME:
        return period.idle_since is None and not period.over
    return kind is not PriceKind.IDLE or period.idle_since is not None


def _units(kind: PriceKind, period: Period) -> int:
    if kind is PriceKind.ENERGY:
        return period.end_wh - period.begin_wh
    return period.end - period.begin if kind in _TIMED else 1


def _round_up(charged: Charged, last: int) -> None:
    """The total goes up to a multiple of the last element's step size; the last element bears the difference."""
    element, priced = charged[last]
    if element.step_size > 1:
        priced.extra = -sum([one.units for _, one in charged.values()]) % element.step_size


def _lines(course: Course, terms: Terms, priced: Charged, start: datetime) -> list[ChargeLine]:
    cent = minor_unit(terms.currency)
    lines = []
    for place, (element, one) in priced.items():
        unit, per = _OF_A_BILL[element.kind]
        units, taxes = one.units + one.extra, taxes_of(element)
        exact = element.price * units / per
        net, amounts, gross = taxed(rounded(exact, cent), taxes, terms.tax_included, cent)
        lines.append(
            ChargeLine(
                LineKind(element.kind),
                Decimal(units) / per,
                unit,
                element.price,
                net,
                total_percent(taxes) if element.taxes else element.vat,
                gross - net,
                gross,
                amounts,
                Decimal(one.units) / per,
                exact,
                place,
                tuple([Span(start + _SECOND * a, start + _SECOND * b, n) for a, b, n in one.stretches]),
                course.source if element.kind is PriceKind.ENERGY else None,
            )
        )
    return lines
