"""Some 1.6 stations count meterStart, samples or meterStop from the begin of the session and the others from the begin
of the meter's life. What counts from the same zero is put together; the difference of two zeros is never energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.metering_truth.truth import Doubt, Finding, Limits, Point


def same_zero(
    start: Point | None, inside: list[Point], stop: Point | None, limits: Limits
) -> tuple[list[Point], list[Finding]]:
    """The registers of a transaction in order of time, and what was odd about them."""
    odd: list[Finding] = []
    if start is not None and inside and _of_the_session(start, inside, limits):
        odd.append(_found(inside[0]))
        if stop is not None and limits.follows(inside[-1], stop):
            stop = _moved(stop, start.wh)
        inside = [_moved(point, start.wh) for point in inside]
    elif start is not None and inside and start.wh == 0 and _jumps(start, inside[0], limits):
        odd.append(_found(start))
        if stop is not None and limits.follows(start, stop) and not limits.follows(inside[-1], stop):
            moved = [_moved(point, -inside[0].wh) for point in inside]
            inside = [point for point in moved if point.wh <= stop.wh]
        else:
            start = None
    if stop is not None and inside and not _goes_on(inside[-1], stop, limits):
        first = start or inside[0]
        most = limits.most(stop.at - inside[-1].at)
        absolute = first.wh == 0 and _jumps(inside[-1], stop, limits)
        if absolute or 0 <= stop.wh - (inside[-1].wh - first.wh) <= most:
            odd.append(_found(stop))
            stop = None
    ends = ([start] if start is not None else []), ([stop] if stop is not None else [])
    return [*ends[0], *inside, *ends[1]], odd


def _of_the_session(start: Point, inside: Sequence[Point], limits: Limits) -> bool:
    """Samples that began with the session, beside a begin that did not."""
    below = all(point.wh < start.wh for point in inside)
    small = inside[0].wh <= limits.most(inside[0].at - start.at)
    return below and small and limits.rolled_over(start, inside[0]) is None


def _goes_on(before: Point, after: Point, limits: Limits) -> bool:
    return limits.follows(before, after) or limits.rolled_over(before, after) is not None


def _jumps(before: Point, after: Point, limits: Limits) -> bool:
    return after.wh - before.wh > limits.most(after.at - before.at)


def _moved(point: Point, wh: Decimal) -> Point:
    return point._replace(wh=point.wh + wh)


def _found(point: Point) -> Finding:
    text = f"{point.mark or 'samples'} {point.wh} Wh and the other registers do not count from the same zero"
    return Finding(Doubt.SESSION_REGISTER, text, point.at)
