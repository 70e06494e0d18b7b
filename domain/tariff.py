"""A tariff: prices in one currency, versioned. The version in force at the start of a session is the one that bills it.

Stream `tariff:<id>`; the version of a tariff is the version of the event that defined it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.aggregate import Aggregate, DomainEvent
from domain.rating import PriceElement
from domain.streams import TARIFF, once


class InvalidTariff(ValueError):
    """The tariff cannot be used to rate anything; the message says which field and why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version of a tariff says."""

    currency: str
    elements: tuple[PriceElement, ...]
    description: str | None = None


class Tariff(Aggregate):
    @dataclass(frozen=True)
    class Defined(DomainEvent):
        TOPIC = "tariff.defined"
        terms: Terms

    def __init__(self) -> None:
        self.versions: dict[int, Terms] = {}

    @staticmethod
    def stream(tariff_id: str) -> str:
        return once(TARIFF, tariff_id)

    def define(self, terms: Terms, at: datetime) -> None:
        """Set the prices from now on. The same terms again change nothing."""
        _check(terms)
        if self.terms != terms:
            self.trigger_event(Tariff.Defined, terms=terms, timestamp=at)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case Tariff.Defined():
                self.versions[event.originator_version] = event.terms

    @property
    def terms(self) -> Terms | None:
        return self.versions.get(self.version)


def _check(terms: Terms) -> None:
    if len(terms.currency) != 3 or not terms.currency.isascii() or not terms.currency.isupper():
        raise InvalidTariff(f"currency must be three capital letters as in ISO 4217, not {terms.currency!r}")
    for element in terms.elements:
        if not (element.price.is_finite() and element.price >= 0):
            raise InvalidTariff(f"a price must be zero or more, not {element.price}")
        if not (element.vat.is_finite() and Decimal(0) <= element.vat <= 100):
            raise InvalidTariff(f"vat must be a percentage from 0 to 100, not {element.vat}")
