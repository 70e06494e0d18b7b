"""A tariff: prices in one currency, versioned. The version in force at the start of a session is the one that bills it.

Stream `tariff:<id>`; the version of a tariff is the version of the event that defined it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import Aggregate, DomainEvent
from domain.rating import InvalidTariff, Terms, check
from domain.streams import TARIFF, once

__all__ = ["InvalidTariff", "Tariff", "Terms"]


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
        check(terms)
        if self.terms != terms:
            self.trigger_event(Tariff.Defined, terms=terms, timestamp=at)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case Tariff.Defined():
                self.versions[event.originator_version] = event.terms

    @property
    def terms(self) -> Terms | None:
        return self.versions.get(self.version)
