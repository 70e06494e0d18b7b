"""From everything the meter of a transaction told to its energy.

In order of preference: registers marked as begin and end, signed ones before others; 1.6 meterStart and meterStop; the
first and last register; the sum of intervals; power over time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from domain.metering import whole_wh
from domain.metering_truth.registers import BEGIN, END, intervals, not_numbers, powers, registers
from domain.metering_truth.same_zero import same_zero
from domain.metering_truth.truth import MAX_POWER_W, Certainty, Doubt, Finding, Limits, Point, Truth
from domain.metering_truth.walk import Walk
from domain.rating import Sample
from domain.values import MeterReading

METER_START, METER_STOP = "meterStart", "meterStop"
_TOLERANCE = timedelta(minutes=5)
"""Between a station's own times."""
_NEAR = timedelta(seconds=60)
"""So close to the begin or end a reading is the first or last there is."""
_NO_CLOCK = 2010
"""Stations without a clock begin in 1970 or 2000."""


def unset(at: datetime) -> bool:
    """Whether a time is that of a clock which was never set."""
    return at.year < _NO_CLOCK


@dataclass(frozen=True, slots=True)
class Told:
    """What a station said of the energy of a transaction. `ended_at` None: it goes on."""

    readings: tuple[MeterReading, ...]
    started_at: datetime
    ended_at: datetime | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    max_power_w: int = MAX_POWER_W
    previous_stop_wh: Decimal | None = None
    """Where the register stood at the end of the transaction before."""


def measure(told: Told) -> Truth:
    """The energy of a transaction, in whatever order its readings came."""
    readings, findings = _in_time(told)
    points = registers(readings)
    findings += not_numbers(readings)
    limits = Limits(told.max_power_w, _resolution(points))
    series, source, about = _series(told, points, limits)
    findings += about
    loads = powers(readings)
    if len(series) > 1:
        walk = Walk(series, limits)
        findings += walk.findings
        findings += _edges(told, walk, points)
        samples = [Sample(point.at, wh) for point, wh in walk.kept]
        sure = Certainty.RECONSTRUCTED if {f.doubt for f in findings} - _HARMLESS else Certainty.MEASURED
        rests_on = _bounds(walk)
        return _truth(walk.wh, source, sure, findings, rests_on, [*samples, *loads])
    if amounts := intervals(readings):
        return _summed(told, amounts, limits, findings, loads)
    if any(load.w is not None for load in loads):
        return _integrated(loads, findings)
    return _truth(Decimal(0), "none", Certainty.NONE, findings, series, loads)


_HARMLESS = frozenset({Doubt.SESSION_REGISTER, Doubt.SOURCES_DIFFER, Doubt.GAP, Doubt.NOT_A_NUMBER})


def _truth(
    wh: Decimal,
    source: str,
    certainty: Certainty,
    findings: Sequence[Finding],
    rests_on: Sequence[Point],
    samples: Sequence[Sample],
) -> Truth:
    return Truth(whole_wh(wh), source, certainty, tuple(findings), tuple(rests_on), tuple(samples))


def _in_time(told: Told) -> tuple[list[MeterReading], list[Finding]]:
    """Readings with times that can be. One marked as begin or end is worth more than its time."""
    findings: list[Finding] = []
    readings: list[MeterReading] = []
    first = told.started_at - _TOLERANCE
    last = None if told.ended_at is None else max(told.ended_at, told.started_at) + _TOLERANCE
    if unset(told.started_at) or (told.ended_at is not None and told.ended_at < told.started_at):
        findings.append(Finding(Doubt.CLOCK, f"began at {told.started_at}, ended at {told.ended_at}", told.started_at))
    for reading in told.readings:
        if first <= reading.at and (last is None or reading.at <= last):
            readings.append(reading)
            continue
        marks = {sample.context for sample in reading.values}
        at = told.started_at if BEGIN in marks else told.ended_at if END in marks else None
        what = "left out" if at is None else f"taken as of {at}"
        findings.append(Finding(Doubt.CLOCK, f"a reading outside of the transaction is {what}", reading.at))
        if at is not None:
            readings.append(MeterReading(at, reading.values))
    return readings, findings


def _resolution(points: Sequence[Point]) -> Decimal:
    """The step in which a register counts: the largest of 1 kWh, 100 Wh, 10 Wh and 1 Wh that all its values show."""
    steps = (step for step in (1000, 100, 10) if points and all(point.wh % step == 0 for point in points))
    return Decimal(next(steps, 1))


def _series(told: Told, points: list[Point], limits: Limits) -> tuple[list[Point], str, list[Finding]]:
    """The registers to add up from begin to end, what they are called, and what was odd in choosing them."""
    begin = _marked([point for point in points if point.mark == BEGIN], first=True)
    end = _marked([point for point in points if point.mark == END], first=False)
    start, stop = _meter_start(told), _meter_stop(told)
    if begin is not None and end is not None:
        end = end._replace(at=max(begin.at, end.at))  # a clock that went back: the register goes on all the same
        source = "signed-registers" if begin.signed and end.signed else "transaction-registers"
        return _between(begin, points, end), source, _differing(begin, end, start, stop, limits)
    start, stop = begin or start, end or stop
    inside = [
        point
        for point in points
        if point.mark not in (BEGIN, END)
        and (start is None or point.at >= start.at)
        and (stop is None or point.at <= stop.at)
    ]
    series, odd = same_zero(start, inside, stop, limits)
    both = {point.mark for point in series} >= {METER_START, METER_STOP}
    return series, "meter-start-stop" if both else "sampled-registers", odd


def _marked(points: Sequence[Point], first: bool) -> Point | None:
    """Of several, signed ones count first."""
    best = [point for point in points if point.signed] or points
    return None if not best else best[0] if first else best[-1]


def _meter_start(told: Told) -> Point | None:
    return None if told.meter_start_wh is None else Point(told.started_at, told.meter_start_wh, METER_START)


def _meter_stop(told: Told) -> Point | None:
    if told.meter_stop_wh is None:
        return None
    return Point(told.ended_at or told.started_at, told.meter_stop_wh, METER_STOP)


def _between(begin: Point, points: Iterable[Point], end: Point) -> list[Point]:
    inside = [p for p in points if p.mark not in (BEGIN, END) and begin.at <= p.at <= end.at]
    return [begin, *inside, end]


def _differing(begin: Point, end: Point, start: Point | None, stop: Point | None, limits: Limits) -> list[Finding]:
    if start is None or stop is None:
        return []
    marked, stated = end.wh - begin.wh, stop.wh - start.wh
    if abs(marked - stated) <= limits.resolution + abs(marked) / 100:
        return []
    text = f"the registers of begin and end say {marked} Wh, meterStart and meterStop {stated} Wh"
    return [Finding(Doubt.SOURCES_DIFFER, text, end.at)]


def _edges(told: Told, walk: Walk, points: Sequence[Point]) -> list[Finding]:
    """Whether readings reach from begin to end, and on from the transaction before."""
    first, last = walk.kept[0][0], walk.kept[-1][0]
    findings = []
    if not first.mark and first.at - told.started_at > _NEAR:
        findings.append(Finding(Doubt.NO_BEGIN, f"the first reading is of {first.at}", first.at))
    if not last.mark and told.ended_at is not None and told.ended_at - last.at > _NEAR:
        findings.append(Finding(Doubt.NO_END, f"the last reading is of {last.at}", last.at))
    if told.previous_stop_wh is not None and abs(first.wh - told.previous_stop_wh) > walk.limits.resolution:
        text = f"the register begins at {first.wh} Wh, the transaction before ended at {told.previous_stop_wh} Wh"
        findings.append(Finding(Doubt.GAP, text, first.at))
    return findings


def _bounds(walk: Walk) -> list[Point]:
    """First and last reading, and those on both sides of each break."""
    kept = walk.kept
    broken = {n for n, ((a, wh0), (b, wh1)) in enumerate(pairwise(kept)) if b.wh - a.wh != wh1 - wh0}
    return [kept[n][0] for n in sorted({0, len(kept) - 1} | broken | {n + 1 for n in broken})]


def _summed(
    told: Told, amounts: Sequence[Point], limits: Limits, findings: list[Finding], loads: Sequence[Sample]
) -> Truth:
    """Amounts that cannot be are left out."""
    total, samples, since = Decimal(0), [Sample(told.started_at, Decimal(0))], None
    for amount in amounts:
        if amount.wh < 0 or (since is not None and amount.wh > limits.most(amount.at - since)):
            doubt = Doubt.NEGATIVE if amount.wh < 0 else Doubt.TOO_FAST
            findings.append(Finding(doubt, f"an interval of {amount.wh} Wh is left out", amount.at))
            continue
        total, since = total + amount.wh, amount.at
        samples.append(Sample(amount.at, total))
    return _truth(total, "intervals", Certainty.RECONSTRUCTED, findings, (), [*samples, *loads])


def _integrated(loads: Sequence[Sample], findings: list[Finding]) -> Truth:
    """Power between two moments is the mean of both."""
    told = [(load.at, load.w) for load in loads if load.w is not None]
    total, samples = Decimal(0), [Sample(told[0][0], Decimal(0))]
    for (t0, w0), (t1, w1) in pairwise(told):
        total += (w0 + w1) / 2 * ((t1 - t0) // timedelta(milliseconds=1)) / 3_600_000
        samples.append(Sample(t1, total))
    findings.append(Finding(Doubt.ESTIMATED, f"{len(told)} values of power over time", told[-1][0]))
    return _truth(total, "power", Certainty.ESTIMATED, findings, (), [*samples, *loads])
