"""What a session costs: `rate(course, terms)`, a pure function. Money is Decimal."""

from domain.rating.bill import Bill
from domain.rating.check import InvalidTariff, check
from domain.rating.course import Course, Reservation, Sample, StateChange, Usage
from domain.rating.lines import ChargeLine, LineKind, Span, TaxAmount
from domain.rating.rate import rate
from domain.rating.terms import (
    PriceElement,
    PriceKind,
    PriceLimit,
    Restrictions,
    Tax,
    Terms,
    Weekday,
    minor_unit,
)

__all__ = [
    "Bill",
    "ChargeLine",
    "Course",
    "InvalidTariff",
    "LineKind",
    "PriceElement",
    "PriceKind",
    "PriceLimit",
    "Reservation",
    "Restrictions",
    "Sample",
    "Span",
    "StateChange",
    "Tax",
    "TaxAmount",
    "Terms",
    "Usage",
    "Weekday",
    "check",
    "minor_unit",
    "rate",
]
