"""From the events of a transaction to the course that is rated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.metering_truth import MAX_POWER_W, Certainty, Doubt, Finding, Told, Truth, measure, unset
from domain.rating import Course, Reservation, StateChange
from domain.transaction import AHEAD, Facts, Occurrence
from domain.values import MeterReading


@dataclass(frozen=True, slots=True)
class Recounted:
    """The course of a transaction, and how its energy is known."""

    course: Course
    truth: Truth


def recount(
    events: Iterable[Occurrence],
    *,
    now: datetime | None = None,
    states: Iterable[StateChange] = (),
    unplugged: datetime | None = None,
    reservation: Reservation | None = None,
    max_power_w: int = MAX_POWER_W,
) -> Recounted | None:
    """None before the first event. `now` is the end of one that goes on. `states` and `unplugged` are what else is
    known of its connector, as 1.6 tells it in StatusNotification.
    """
    told, findings = clocked(list(events))
    facts = Facts()
    for event in told:
        facts.apply(event)
    start = facts.authorized_at or facts.began_at
    if start is None or facts.began_at is None:
        return None
    end = facts.ended_at or now
    truth = measure(
        Told(
            tuple([reading for event in told for reading in event.readings]),
            min(start, facts.began_at),
            facts.ended_at,
            facts.register.meter_start,
            facts.register.meter_stop,
            max_power_w,
        )
    )
    if findings:
        sure = Certainty.RECONSTRUCTED if truth.certainty is Certainty.MEASURED else truth.certainty
        truth = replace(truth, certainty=sure, findings=(*findings, *truth.findings))
    changes = {change.at: change for change in sorted([*states, *_changes(told)], key=lambda change: change.at)}
    end = max(start, end or start)
    course = Course(start, end, truth.samples, tuple(changes.values()), unplugged, reservation, source=truth.source)
    return Recounted(course, truth)


def _changes(told: Sequence[Occurrence]) -> list[StateChange]:
    """Of changes at one moment the one with the highest sequence number counts."""
    in_order = sorted(told, key=lambda event: (event.occurred_at, event.seq_no or 0))
    return [StateChange(event.occurred_at, event.charging_state) for event in in_order if event.charging_state]


def clocked(events: Sequence[Occurrence]) -> tuple[list[Occurrence], list[Finding]]:
    """The events with times that can be. What a station without a clock told while it was online is shifted by what its
    clock was wrong; if it never was online, its times stay, and are said to be wrong.
    """
    wrong = [event for event in events if _off(event)]
    if not wrong:
        return list(events), []
    online = [event for event in wrong if not event.offline]
    if not online:
        return list(events), [Finding(Doubt.CLOCK, "times of a clock that was not set", wrong[0].occurred_at)]
    error = min([event.timestamp - event.occurred_at for event in online])
    found = Finding(Doubt.CLOCK, f"times of a clock that was not set, shifted by {error}", online[0].occurred_at)
    return [_shifted(event, error) if _off(event) else event for event in events], [found]


def _off(event: Occurrence) -> bool:
    return unset(event.occurred_at) or event.occurred_at - event.timestamp > AHEAD


def _shifted(event: Occurrence, error: timedelta) -> Occurrence:
    readings = tuple(
        [
            MeterReading(reading.at + error, reading.values) if unset(reading.at) else reading
            for reading in event.readings
        ]
    )
    return replace(event, occurred_at=event.occurred_at + error, readings=readings)
