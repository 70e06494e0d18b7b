"""The course of a session: all that its price depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session consumed: energy in Wh and chargeable time in seconds."""

    energy_wh: int
    seconds: int


class Sample(NamedTuple):
    """What the meter showed: register in Wh, power in W, current in A over all phases; None where it was not told."""

    at: datetime
    wh: Decimal | None = None
    w: Decimal | None = None
    a: Decimal | None = None


class StateChange(NamedTuple):
    """A charging state in the words of 2.x (`Charging`, `SuspendedEV`…) or a connector status in those of 1.6."""

    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Reservation:
    start: datetime
    end: datetime
    expired: bool = False
    """It ended unused."""


@dataclass(frozen=True, slots=True)
class Course:
    """From the first moment that is charged for to the last. The order of samples and states does not matter.

    `start` None: there was no session, only a reservation. All energy between the first and the last sample is charged
    for, even if they lie outside of `start` and `end`. `unplugged` counts where idle time has a price.
    """

    start: datetime | None
    end: datetime | None
    samples: tuple[Sample, ...] = ()
    states: tuple[StateChange, ...] = ()
    unplugged: datetime | None = None
    reservation: Reservation | None = None
    supply: str | None = None
    """AC or DC."""
    payment_brand: str | None = None
    payment_recognition: str | None = None
    source: str | None = None
    """Which readings the energy rests on."""

    @classmethod
    def plain(cls, start: datetime, end: datetime, wh: Decimal | int, source: str | None = None) -> Course:
        """Of a session of which no more is known than its energy: it flowed evenly."""
        return cls(start, end, (Sample(start, Decimal(0)), Sample(end, Decimal(wh))), source=source)

    def until(self, at: datetime) -> Course:
        """As much of it as was known at a moment. Of energy only what a sample had told counts."""
        if self.start is None or self.end is None:
            return self
        return replace(
            self,
            end=max(self.start, min(self.end, at)),
            samples=tuple([sample for sample in self.samples if sample.at <= at]),
            unplugged=None if self.unplugged is None else min(self.unplugged, at),
        )
