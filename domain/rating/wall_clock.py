"""Where wall clock time turns: at given times of day, at midnight, and where daylight saving begins and ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.rating.terms import Restrictions, Weekday

_DAY = timedelta(days=1)
_MOST_DAYS = 1000
"""Of a session that lasts longer, as one that began in 1970, the rest is priced like its thousandth day's end."""
_WEEKDAYS = tuple(Weekday)
MIDNIGHT = time(0)


@lru_cache(maxsize=64)
def zone_of(name: str | None) -> ZoneInfo:
    return ZoneInfo(name or "UTC")


def needs_clock(when: Restrictions) -> bool:
    return bool(when.start_time or when.end_time or when.weekdays or when.start_date or when.end_date)


def times_of_day(whens: Iterable[Restrictions]) -> frozenset[time]:
    """Times of day at which any of these may begin or cease to hold; none if they do not look at the clock."""
    whens = [when for when in whens if needs_clock(when)]
    told = {edge for when in whens for edge in (when.start_time, when.end_time) if edge is not None}
    return frozenset(told | {MIDNIGHT}) if whens else frozenset()


def turns(zone: ZoneInfo, first: int, last: int, times: frozenset[time]) -> Iterator[int]:
    """Moments between two others (seconds since 1970) at which wall clock time passes one of these, or jumps."""
    day, end = datetime.fromtimestamp(first, zone).date(), datetime.fromtimestamp(last, zone).date()
    if not 1900 < day.year <= end.year < 9000:
        return
    for number in range(min((end - day).days, _MOST_DAYS) + 1):
        for at in _turns_of_day(zone, day + _DAY * number, times):
            if first < at < last:
                yield at


@lru_cache(maxsize=4096)
def _turns_of_day(zone: ZoneInfo, day: date, times: frozenset[time]) -> tuple[int, ...]:
    """A time of day that comes twice, or never, is looked up with the offsets before and after the jump."""
    found = {int(datetime.combine(day, at, zone).replace(fold=fold).timestamp()) for at in times for fold in (0, 1)}
    begin = int(datetime.combine(day, MIDNIGHT, UTC).timestamp()) - 16 * 3600
    return tuple(sorted(found | set(_jumps(zone, begin, begin + 56 * 3600))))


def _jumps(zone: ZoneInfo, first: int, last: int) -> Iterator[int]:
    if _offset(zone, first) == _offset(zone, last):
        return
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if _offset(zone, middle) == _offset(zone, first) else (first, middle)
    yield last


def _offset(zone: ZoneInfo, at: int) -> timedelta | None:
    return datetime.fromtimestamp(at, zone).utcoffset()


def holds(when: Restrictions, local: datetime) -> bool:
    """Whether the wall clock satisfies restrictions by time of day, weekday and date."""
    if when.weekdays and _WEEKDAYS[local.weekday()] not in when.weekdays:
        return False
    today = local.date()
    if (when.start_date is not None and today < when.start_date) or (
        when.end_date is not None and today >= when.end_date
    ):
        return False
    begin, end, now = when.start_time or MIDNIGHT, when.end_time or MIDNIGHT, local.time()
    if end == MIDNIGHT:
        return now >= begin
    if begin < end:
        return begin <= now < end
    return now >= begin or now < end
