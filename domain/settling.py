"""From what is known of a transaction and the prices it began under to what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from domain.charge_detail_record import Settlement
from domain.courses import recount
from domain.metering import may_follow, whole_wh
from domain.metering_truth import METER_START, METER_STOP, Certainty, Point, Truth, unset
from domain.rating import Course, Terms, rate
from domain.transaction import Facts, Occurrence

_TOLERANCE = timedelta(minutes=5)


def settled(events: Sequence[Occurrence], terms: Terms | None) -> Settlement | None:
    """None for a transaction that has not ended. The same events, in whatever order, come to the same."""
    recounted = recount(events)
    facts = Facts()
    for event in events:
        facts.apply(event)
    if recounted is None or facts.ended_at is None:
        return None
    course, truth = recounted.course, recounted.truth
    if terms is None or terms.even:  # when it flowed is not asked
        course = _plain(course.start, course.end, truth)
    return _settlement(facts, facts.ended_at, course, truth, terms)


def settled_plainly(facts: Facts, terms: Terms | None) -> Settlement | None:
    """The same without the events, where nothing is odd about the meter and no price depends on more than sums, as with
    nearly all; else None.
    """
    began_at, ended_at = facts.began_at, facts.ended_at
    if facts.register.odd or began_at is None or ended_at is None or (terms is not None and not terms.even):
        return None
    start = facts.authorized_at or began_at
    begin = min(start, began_at)
    if unset(begin) or ended_at < begin or (ends := _ends(facts, begin, ended_at)) is None:
        return None
    source, first, last = ends
    truth = Truth(whole_wh(last.wh - first.wh), source, Certainty.MEASURED, (), (first, last))
    return _settlement(facts, ended_at, _plain(start, max(start, ended_at), truth), truth, terms)


def _plain(start: datetime | None, end: datetime | None, truth: Truth) -> Course:
    if start is None or end is None:
        return Course(start, end)
    return Course.plain(start, end, truth.wh, truth.source)


def _ends(facts: Facts, begin: datetime, end: datetime) -> tuple[str, Point, Point] | None:
    """The two registers from which the energy follows, if all others lie between them."""
    r = facts.register
    if r.first_at is not None and r.last_at is not None and not begin - _TOLERANCE <= r.first_at <= r.last_at <= end:
        return None
    if r.begin is not None and r.end is not None and r.begin_at is not None and r.end_at is not None:
        if (r.begin_at, r.end_at, r.meter_start, r.meter_stop) != (r.first_at, r.last_at, None, None):
            return None
        first, last = Point(r.begin_at, r.begin, "Transaction.Begin"), Point(r.end_at, r.end, "Transaction.End")
        return ("transaction-registers", first, last) if last.at > first.at else None
    if r.meter_start is None or r.meter_stop is None or r.begin is not None or r.end is not None:
        return None
    first, last = Point(begin, r.meter_start, METER_START), Point(end, r.meter_stop, METER_STOP)
    inside = [] if r.first is None or r.last is None else [(r.first_at, r.first), (r.last_at, r.last)]
    steps = [(first.at, first.wh), *inside, (last.at, last.wh)]
    rises = all(
        a is not None and b is not None and a <= b and may_follow(a, x, b, y) for (a, x), (b, y) in pairwise(steps)
    )
    return ("meter-start-stop", first, last) if rises else None


def _settlement(facts: Facts, ended_at: datetime, course: Course, truth: Truth, terms: Terms | None) -> Settlement:
    span = course.end - course.start if course.start is not None and course.end is not None else timedelta(0)
    return Settlement(
        started_at=facts.began_at,
        ended_at=ended_at,
        energy_wh=truth.wh,
        seconds=round(span.total_seconds()),
        bill=rate(course, terms),
        evse=facts.evse,
        id_token=facts.id_token,
        tariff=facts.tariff,
        estimated=facts.estimated,
        energy_source=truth.source,
        certainty=truth.certainty,
        findings=truth.findings,
        rests_on=truth.rests_on,
        held=truth.held,
    )
