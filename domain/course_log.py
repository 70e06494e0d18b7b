"""When the energy of a transaction flowed and what the vehicle did: kept only for tariffs whose prices depend on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.metering import CURRENT, series
from domain.rating import Course, PriceKind, Sample, StateChange, Terms
from domain.transaction import Facts, Occurrence
from domain.values import MeterReading

_MOST = 2000
"""Samples and changes of state. Of more samples every second one is dropped, more changes are not kept."""


def looks_closer(terms: Terms) -> bool:
    """Whether the bill depends on more than the energy and the length of a session."""
    return any(element.restricted or element.kind is PriceKind.IDLE for element in terms.elements)


class Told(NamedTuple):
    at: datetime
    seq_no: int
    state: str


@dataclass(slots=True)
class CourseLog:
    """Folds the events of a transaction, in whatever order they come."""

    samples: list[Sample] = field(default_factory=list)
    states: list[Told] = field(default_factory=list)

    @classmethod
    def of(cls, events: Iterable[Occurrence]) -> CourseLog:
        log = cls()
        for event in events:
            log.apply(event)
        return log

    def apply(self, event: Occurrence) -> None:
        for reading in event.readings:
            said, amperes = series(reading), _current(reading)
            sample = Sample(reading.at, said.register_wh, said.power_w, amperes)
            if sample.count(None) < 3:
                self.samples.append(sample)
        if event.charging_state and len(self.states) < _MOST:
            self.states.append(Told(event.occurred_at, event.seq_no or 0, event.charging_state))
        if len(self.samples) > _MOST:
            self.samples.sort(key=lambda sample: sample.at)
            del self.samples[1:-1:2]

    def course(self, facts: Facts) -> Course:
        """All energy the facts tell, along those samples that count from the same zero."""
        plain = facts.course()
        if plain.start is None or plain.end is None or facts.began_at is None:
            return plain
        energy = facts.energy
        begin = Sample(facts.began_at, Decimal(0))
        end = Sample(facts.ended_at or facts.last_at or plain.end, Decimal(energy.wh))
        inside = [sample for sample in self.samples if begin.at <= sample.at <= end.at]
        between = [moved for sample in inside if (moved := _since(sample, energy.start_wh, energy.wh))]
        states = {told.at: StateChange(told.at, told.state) for told in sorted(self.states)}
        return Course(plain.start, plain.end, (begin, *between, end), tuple(states.values()), source=energy.source)


def _since(sample: Sample, start_wh: Decimal | None, wh: int) -> Sample | None:
    """The sample counted from the begin; without its register if that is one of another zero."""
    if sample.wh is not None and start_wh is not None and 0 <= sample.wh - start_wh <= wh:
        return sample._replace(wh=sample.wh - start_wh)
    return None if sample.w is None and sample.a is None else sample._replace(wh=None)


def _current(reading: MeterReading) -> Decimal | None:
    """Over all phases."""
    told = [sample for sample in reading.values if sample.measurand == CURRENT and sample.value is not None]
    whole = next((sample.value for sample in told if sample.phase is None), None)
    phases = [sample.value for sample in told if sample.phase in ("L1", "L2", "L3") and sample.value is not None]
    return whole if whole is not None else sum(phases, Decimal(0)) if phases else None
