"""A session cut into periods, so that within each of them the same price elements apply (OCPI charging periods)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from domain.rating.course import Course, Reservation, Sample, StateChange
from domain.rating.curve import Curve
from domain.rating.terms import PriceKind, Restrictions, Terms
from domain.rating.wall_clock import holds, needs_clock, times_of_day, turns, zone_of

OF_A_RESERVATION = frozenset({PriceKind.RESERVATION_TIME, PriceKind.RESERVATION_FLAT})
OF_A_SESSION = frozenset(PriceKind) - OF_A_RESERVATION

_ASKING = frozenset({"Charging", "SuspendedEVSE"})
_NOT_ASKING = frozenset({"EVConnected", "Finishing"})
_NOT_IN_USE = frozenset({"Faulted", "Unavailable", "Available", "Idle"})
_NOTHING = Decimal(-1)

Stretch = tuple[int, int]


class Period(NamedTuple):
    """A part of a session: times in seconds since its start, energy in Wh since its first sample."""

    begin: int
    end: int
    begin_wh: int
    end_wh: int
    idle_since: int | None
    """When the vehicle stopped asking for energy."""
    charging_seconds: int
    """Not idle, before this period."""
    over: bool
    """After the session, with the cable still in."""
    local: datetime | None
    power: Decimal | None
    current: Decimal | None


def seconds_between(start: datetime, at: datetime) -> int:
    return round((at - start).total_seconds())


def periods(course: Course, terms: Terms) -> list[Period]:
    """Of the session itself; none if there was none."""
    if course.start is None or course.end is None:
        return []
    last = ended = max(0, seconds_between(course.start, course.end))
    idle: list[Stretch] = []
    if any(element.kind is PriceKind.IDLE for element in terms.elements):
        if course.unplugged is not None:
            last = max(ended, seconds_between(course.start, course.unplugged))
        idle = idle_stretches(course.states, course.start, ended, last)
    return _cut(course.start, last, terms, OF_A_SESSION, course, idle, ended)


def reserved(reservation: Reservation, until: datetime | None, terms: Terms) -> list[Period]:
    """Of a reservation, which ends when its session begins."""
    end = reservation.end if until is None else min(reservation.end, until)
    last = max(0, seconds_between(reservation.start, end))
    return _cut(reservation.start, last, terms, OF_A_RESERVATION, Course(reservation.start, end), [], last)


def idle_stretches(states: Iterable[StateChange], start: datetime, ended: int, last: int) -> list[Stretch]:
    """When the vehicle was connected and asked for nothing: after it had asked for the first time, or the session had
    ended with the cable left in. Not while the station held it back or was out of order.
    """
    changes = [(seconds_between(start, change.at), change.state) for change in sorted(states)]
    state, asked, now = "", False, 0
    idle: list[Stretch] = []
    for at, told in sorted([*changes, (ended, ""), (last, "")], key=itemgetter(0)):
        end = min(at, last)
        if end > now:
            if now >= ended:
                waits = state not in _NOT_IN_USE
            else:
                waits = state == "SuspendedEV" or (asked and state in _NOT_ASKING)
            if waits:
                begin = idle.pop()[0] if idle and idle[-1][1] == now else now
                idle.append((begin, end))
            now = end
        state = told or state
        asked = asked or state in _ASKING
    return idle


def _cut(
    start: datetime,
    last: int,
    terms: Terms,
    kinds: Container[PriceKind],
    course: Course,
    idle: list[Stretch],
    ended: int,
) -> list[Period]:
    whens = [e.restrictions for e in terms.elements if e.restrictions is not None and e.kind in kinds]
    curve, power = Curve(course.samples, start), None
    zone, zero, times = zone_of(terms.time_zone), round(start.timestamp()), times_of_day(whens)
    seconds = {ended, *[edge for stretch in idle for edge in stretch]}
    for when in whens:
        seconds.update(_durations(when, idle))
    if times:
        seconds.update([at - zero for at in turns(zone, zero, zero + last, times)])
    if any(_looks_at_power(when) for when in whens):
        power = _Power(course, start, curve)
        seconds.update(power.times)
    cuts = {(0, 0), (last, curve.total), *[(at, curve.at(at)) for at in seconds if 0 < at < last]}
    for wh in {wh for when in whens for wh in (when.min_wh, when.max_wh) if wh and wh < curve.total}:
        cuts.add((max(0, min(last, curve.when(wh))), wh))
    edges = sorted(cuts) if len(cuts) > 1 else [(0, 0)] * 2
    found = []
    for (begin, begin_wh), (end, end_wh) in pairwise(edges):
        idle_since = next((a for a, b in idle if a <= begin < b), None)
        idled = sum([min(b, begin) - a for a, b in idle if a < begin])
        local = datetime.fromtimestamp(zero + begin, zone) if times else None
        watts, amperes = power.at(begin, idle_since is not None) if power else (None, None)
        charging, over = begin - idled, begin >= ended < last
        found.append(Period(begin, end, begin_wh, end_wh, idle_since, charging, over, local, watts, amperes))
    return found


def _durations(when: Restrictions, idle: list[Stretch]) -> Iterator[int]:
    """Moments at which a restriction by a length of time begins or ceases to hold."""
    for seconds in (when.min_seconds, when.max_seconds):
        if seconds is not None:
            yield seconds
    for seconds in (when.min_idle_seconds, when.max_idle_seconds):
        if seconds is not None:
            yield from [begin + seconds for begin, end in idle if begin + seconds < end]
    for seconds in (when.min_charging_seconds, when.max_charging_seconds):
        if seconds is not None:
            for begin, end in idle:
                seconds += end - begin if begin < seconds else 0
            yield seconds


def _looks_at_power(when: Restrictions) -> bool:
    return any(bound is not None for bound in (when.min_w, when.max_w, when.min_a, when.max_a))


class _Power:
    """Power and current from sample to sample: as measured, else power as the energy tells."""

    def __init__(self, course: Course, start: datetime, curve: Curve) -> None:
        told = [(seconds_between(start, sample.at), sample) for sample in sorted(course.samples, key=_in_time)]
        self.times = [at for at, _ in told]
        self._watts = [(at, sample.w) for at, sample in told if sample.w is not None]
        self._amperes = [(at, sample.a) for at, sample in told if sample.a is not None]
        self._curve = curve

    def at(self, seconds: int, idle: bool) -> tuple[Decimal | None, Decimal | None]:
        watts = None if idle else _latest(self._watts, seconds)
        return self._curve.power(seconds) if watts is None else watts, _latest(self._amperes, seconds)


def _in_time(sample: Sample) -> tuple[datetime, Decimal, Decimal, Decimal]:
    return sample.at, sample.wh or _NOTHING, sample.w or _NOTHING, sample.a or _NOTHING


def _latest(told: list[tuple[int, Decimal]], seconds: int) -> Decimal | None:
    before = bisect_right(told, seconds, key=itemgetter(0))
    return told[before - 1][1] if before else None


def matches(when: Restrictions | None, now: Period) -> bool:
    """Whether all restrictions hold in a period; those of a whole session aside."""
    if when is None:
        return True
    return (
        _within(when.min_wh, now.begin_wh, when.max_wh)
        and _within(when.min_seconds, now.begin, when.max_seconds)
        and _within(when.min_charging_seconds, now.charging_seconds, when.max_charging_seconds)
        and _within(when.min_idle_seconds, _idle_seconds(now), when.max_idle_seconds)
        and _within(when.min_w, now.power, when.max_w)
        and _within(when.min_a, now.current, when.max_a)
        and (now.local is None or not needs_clock(when) or holds(when, now.local))
    )


def _idle_seconds(now: Period) -> int | None:
    return None if now.idle_since is None else now.begin - now.idle_since


def _within(least: Decimal | int | None, value: Decimal | int | None, most: Decimal | int | None) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value < most)
