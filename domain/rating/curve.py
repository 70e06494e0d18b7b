"""The energy of a session over time: straight from sample to sample, level before the first and after the last."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate

from domain.rating.course import Sample

_WHOLE = Decimal(1)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


def _rounded(value: Decimal) -> int:
    return int(value.quantize(_WHOLE, ROUND_HALF_UP))


class Curve:
    """Energy since the first sample, in Wh; times in seconds since `start`. It never falls, whatever samples say."""

    def __init__(self, samples: Sequence[Sample], start: datetime) -> None:
        self._start = start
        told = sorted([(sample[0], sample[1]) for sample in samples if sample[1] is not None])
        self._times = [at for at, _ in told]
        self._wh = list(accumulate([wh for _, wh in told], max))
        self.total = _rounded(self._wh[-1] - self._wh[0]) if told else 0

    def at(self, seconds: int) -> int:
        """Energy until a moment, rounded to Wh."""
        at = self._start + _SECOND * seconds
        after = bisect_right(self._times, at)
        if after == 0:
            return 0
        if after == len(self._times):
            return self.total
        t0, t1, wh0, wh1 = self._times[after - 1], self._times[after], self._wh[after - 1], self._wh[after]
        share = (wh1 - wh0) * ((at - t0) // _MICROSECOND) / ((t1 - t0) // _MICROSECOND)
        return _rounded(wh0 - self._wh[0] + share)

    def when(self, wh: int) -> int:
        """The second at which an amount above zero and below the total was reached."""
        goal = self._wh[0] + wh
        after = bisect_left(self._wh, goal)
        if after == len(self._wh):
            after -= 1
        t0, t1, wh0, wh1 = self._times[after - 1], self._times[after], self._wh[after - 1], self._wh[after]
        micros = Decimal((t0 - self._start) // _MICROSECOND) + ((t1 - t0) // _MICROSECOND) * (goal - wh0) / (wh1 - wh0)
        return _rounded(micros / 1_000_000)

    def power(self, seconds: int) -> Decimal:
        """Mean power in W between the two samples around a moment."""
        at = self._start + _SECOND * seconds
        after = bisect_right(self._times, at)
        if after in (0, len(self._times)):
            return Decimal(0)
        t0, t1 = self._times[after - 1], self._times[after]
        return (self._wh[after] - self._wh[after - 1]) * 3_600_000_000 / ((t1 - t0) // _MICROSECOND)
