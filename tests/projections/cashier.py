"""Bills what ends, as a station's session does in one commit with the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from domain.events import ChargeDetailRecord, Tariff
from domain.rating import Terms
from domain.settling import settled
from domain.streams import parse
from domain.transaction import Facts, Occurrence


class Cashier:
    def __init__(self) -> None:
        self._told: defaultdict[str, list[Occurrence]] = defaultdict(list)
        self._records: dict[str, ChargeDetailRecord] = {}
        self._terms: dict[tuple[str, int], Terms] = {}

    def knows(self, tariff: Tariff) -> None:
        """The prices of a tariff that is not among the events."""
        stream = parse(tariff.id)
        self._terms |= {(stream.local, version): terms for version, terms in tariff.versions.items()}

    def following(self, events: Iterable[Any]) -> Iterator[Any]:
        """The events, each with what it leads to behind it."""
        for event in events:
            yield event
            match event:
                case Tariff.Defined():
                    self._terms[parse(event.originator_id).local, event.originator_version] = event.terms
                case Occurrence():
                    self._told[event.originator_id].append(event)
                    yield from self._billed(event)

    def _billed(self, event: Occurrence) -> list[Any]:
        told, facts = self._told[event.originator_id], Facts()
        for each in told:
            facts.apply(each)
        ref = facts.tariff
        settlement = settled(told, self._terms.get((ref.tariff_id, ref.version)) if ref else None)
        if settlement is None:
            return []
        stream = ChargeDetailRecord.stream(event.originator_id)
        record = self._records.setdefault(stream, ChargeDetailRecord.blank(stream))
        record.settle(settlement, event.timestamp)
        return record.collect_events()
