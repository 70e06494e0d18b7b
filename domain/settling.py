"""From the events of a transaction and the prices it began under to what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

from domain.charge_detail_record import Settlement
from domain.courses import recount
from domain.rating import Terms, rate
from domain.transaction import Facts, Occurrence


def settled(events: Sequence[Occurrence], terms: Terms | None) -> Settlement | None:
    """None for a transaction that has not ended. The same events, in whatever order, come to the same."""
    recounted = recount(events)
    facts = Facts()
    for event in events:
        facts.apply(event)
    if recounted is None or facts.ended_at is None:
        return None
    course, truth = recounted.course, recounted.truth
    span = course.end - course.start if course.start is not None and course.end is not None else None
    return Settlement(
        started_at=facts.began_at,
        ended_at=facts.ended_at,
        energy_wh=truth.wh,
        seconds=round(span.total_seconds()) if span is not None else 0,
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
