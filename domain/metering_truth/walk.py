"""Along a register from reading to reading: what can be believed is added up, the rest is left out and said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from domain.metering_truth.truth import Doubt, Finding, Limits, Point

_SHORT = timedelta(minutes=15)


class Walk:
    """`kept` are the readings that count, with the energy since the first of them in Wh."""

    def __init__(self, points: Sequence[Point], limits: Limits) -> None:
        self.limits = limits
        self.findings: list[Finding] = []
        self.kept: list[tuple[Point, Decimal]] = [(points[0], Decimal(0))]
        if self._hurried(points):
            self._find(Doubt.TOO_FAST, points[-1], "the times are too close for the energy; the register counts")
            self.kept += [(point, point.wh - points[0].wh) for point in points[1:]]
            return
        for place, point in enumerate(points[1:], 1):
            self._step(point, points[place + 1] if place + 1 < len(points) else None)

    @property
    def wh(self) -> Decimal:
        return self.kept[-1][1]

    def _hurried(self, points: Sequence[Point]) -> bool:
        """A register that only rises, by more than can flow in so short a session: its clock is less to be believed."""
        steps = list(pairwise(points))
        short = points[-1].at - points[0].at < _SHORT
        rises = all(before.at <= after.at and before.wh <= after.wh for before, after in steps)
        return short and rises and not all(self.limits.follows(before, after) for before, after in steps)

    def _step(self, point: Point, after: Point | None) -> None:
        before, so_far = self.kept[-1]
        if self.limits.follows(before, point):
            self.kept.append((point, so_far + point.wh - before.wh))
        elif (modulus := self.limits.rolled_over(before, point)) is not None:
            self._find(Doubt.ROLLOVER, point, f"{before.wh} Wh went on over {modulus} to {point.wh} Wh")
            self.kept.append((point, so_far + modulus - before.wh + point.wh))
        else:
            self._odd(before, so_far, point, after)

    def _odd(self, before: Point, so_far: Decimal, point: Point, after: Point | None) -> None:
        """A reading that does not follow from the one before."""
        rises = point.wh > before.wh
        doubt = Doubt.TOO_FAST if rises else Doubt.NEGATIVE
        if after is not None and self.limits.follows(before, after):
            self._find(doubt, point, f"{point.wh} Wh between {before.wh} and {after.wh} Wh is left out")
        elif not rises and len(self.kept) > 1 and self.limits.follows(self.kept[-2][0], point):
            self._find(doubt, before, f"{before.wh} Wh before {point.wh} Wh is left out")
            self.kept.pop()
            self._step(point, after)
        elif rises:
            self._find(doubt, point, f"{before.wh} to {point.wh} Wh is more than can flow in that time; not counted")
            self.kept.append((point, so_far))
        elif after is None:
            self._find(doubt, point, f"{point.wh} Wh after {before.wh} Wh is left out")
        else:
            self._find(Doubt.METER_EXCHANGED, point, f"after {before.wh} Wh the register goes on from {point.wh} Wh")
            self.kept.append((point, so_far))

    def _find(self, doubt: Doubt, point: Point, text: str) -> None:
        self.findings.append(Finding(doubt, text, point.at))
