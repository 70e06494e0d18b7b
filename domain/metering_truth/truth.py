"""How much energy a transaction took, on which readings that rests, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from domain.rating import Sample

MAX_POWER_W = 1_000_000
"""Of a station of which nothing is known."""


class Doubt(StrEnum):
    """What is wrong with the readings of a transaction."""

    NEGATIVE = "NEGATIVE"
    """A register fell; the value that does not fit is left out."""
    TOO_FAST = "TOO_FAST"
    """More energy than the station can deliver in the time; it is not counted."""
    METER_EXCHANGED = "METER_EXCHANGED"
    """A register began anew, or another meter goes on; what flowed in between is not counted."""
    CLOCK = "CLOCK"
    """Times that cannot be."""
    SOURCES_DIFFER = "SOURCES_DIFFER"
    """Two sources say different amounts; the better one counts."""
    ESTIMATED = "ESTIMATED"
    """No energy was told, only power."""
    ROLLOVER = "ROLLOVER"
    """A register came to its end and went on from zero."""
    SESSION_REGISTER = "SESSION_REGISTER"
    """Registers that began with the session stand beside registers that did not."""
    NO_BEGIN = "NO_BEGIN"
    """The first reading was taken after the begin."""
    NO_END = "NO_END"
    """The last reading was taken before the end."""
    GAP = "GAP"
    """The register did not begin where the transaction before had left it."""
    NOT_A_NUMBER = "NOT_A_NUMBER"


HELD = frozenset(tuple(Doubt)[:6])
"""With one of these a person looks at the bill before it goes out."""


class Certainty(StrEnum):
    """MEASURED rests on one register at begin and end; RECONSTRUCTED on what there was; ESTIMATED on power."""

    MEASURED = "MEASURED"
    RECONSTRUCTED = "RECONSTRUCTED"
    ESTIMATED = "ESTIMATED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Finding:
    doubt: Doubt
    text: str
    at: datetime | None = None


class Point(NamedTuple):
    """A register in Wh; `mark` is Transaction.Begin, Transaction.End, meterStart, meterStop or empty."""

    at: datetime
    wh: Decimal
    mark: str = ""
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """Energy in Wh. `samples` tell when it flowed, counted from the begin; `rests_on` are registers as told."""

    wh: int
    source: str
    certainty: Certainty
    findings: tuple[Finding, ...] = ()
    rests_on: tuple[Point, ...] = ()
    samples: tuple[Sample, ...] = ()

    @property
    def doubts(self) -> frozenset[Doubt]:
        return frozenset(finding.doubt for finding in self.findings)

    @property
    def held(self) -> bool:
        """Whether a person should look at it first."""
        return not HELD.isdisjoint(self.doubts)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is possible: power in W, and the step of the register in Wh."""

    max_power_w: int
    resolution: Decimal

    def most(self, time: timedelta) -> Decimal:
        """Energy in Wh that can flow in a time; a tenth more than the power allows, and one step of the register."""
        seconds = Decimal(max(timedelta(seconds=1), time) // timedelta(milliseconds=1)) / 1000
        return self.max_power_w * seconds * 11 / 36_000 + self.resolution

    def follows(self, before: Point, after: Point) -> bool:
        return 0 <= after.wh - before.wh <= self.most(after.at - before.at)

    def rolled_over(self, before: Point, after: Point) -> int | None:
        """The modulus of a register that has passed its end between two readings."""
        for modulus in _moduli():
            near = before.wh < modulus <= before.wh * Decimal("1.01") and after.wh * 100 <= modulus
            if near and modulus - before.wh + after.wh <= self.most(after.at - before.at):
                return modulus
        return None


def _moduli() -> Iterator[int]:
    """Of registers with 6 to 12 decimal digits, or 32 bits."""
    yield 2**32
    for digits in range(6, 13):
        yield 10**digits
