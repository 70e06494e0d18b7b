"""From events to the course that is rated."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.courses import Recounted, recount
from domain.events import Transaction
from domain.metering_truth import Doubt
from domain.rating import PriceElement, PriceKind, StateChange, Terms, rate
from domain.transaction import Occurrence
from domain.values import AuthorizationStatus, IdToken, MeterReading, SampledValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TERMS = Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal("0.40")), PriceElement(PriceKind.IDLE, Decimal(6))))


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def told(kind: str, minute: float, wh: int | None = None, **facts: Any) -> Occurrence:
    readings = () if wh is None else (MeterReading(at(minute), (SampledValue(Decimal(wh)),)),)
    event: Occurrence = getattr(Transaction, kind)(
        "transaction:2026-11-20:CS1/T1", 1, at(minute), occurred_at=at(minute), readings=readings, **facts
    )
    return event


def recounted(*events: Occurrence, **more: Any) -> Recounted:
    found = recount(events, **more)
    assert found is not None
    return found


def test_before_the_first_event_there_is_no_course() -> None:
    assert recount([]) is None


def test_time_begins_with_the_authorization_and_energy_with_the_transaction() -> None:
    accepted = {"id_token": IdToken("Card"), "authorization": AuthorizationStatus.ACCEPTED}
    found = recounted(
        told("Started", 0, 1000), told("Updated", 10, 1500, **accepted), told("Ended", 40, 4000, meter_stop_wh=None)
    )
    assert (found.course.start, found.course.end) == (at(10), at(40))
    assert found.truth.wh == 3000
    assert rate(found.course, TERMS).total_incl_vat == Decimal("1.20")


def test_a_transaction_that_goes_on_is_rated_until_now() -> None:
    found = recounted(told("Started", 0, 1000), told("Metered", 20, 3000), now=at(30))
    assert (found.course.end, found.truth.wh, found.truth.doubts) == (at(30), 2000, set())


def test_the_order_of_events_does_not_matter() -> None:
    events = (
        told("Started", 0, 1000, charging_state="Charging"),
        told("Updated", 20, 3000, charging_state="SuspendedEV"),
        told("Ended", 30, 3100),
    )
    bills = {rate(recounted(*some).course, TERMS) for some in itertools.permutations(events)}
    assert [bill.total_incl_vat for bill in bills] == [Decimal("1.84")]  # 2.1 x 0.40 and 10 min x 6/60


def test_of_two_states_at_one_moment_the_later_told_counts() -> None:
    started = told("Started", 0, 1000, charging_state="Charging", seq_no=0)
    both = (
        told("Updated", 10, charging_state="SuspendedEV", seq_no=2),
        told("Updated", 10, charging_state="Charging", seq_no=1),
    )
    for pair in (both, both[::-1]):
        found = recounted(started, *pair, told("Ended", 20, 2000, seq_no=3))
        assert found.course.states == (StateChange(at(0), "Charging"), StateChange(at(10), "SuspendedEV"))


def test_what_else_is_known_of_the_connector_counts_too() -> None:
    found = recounted(
        told("Started", 0, meter_start_wh=1000),
        told("Ended", 30, meter_stop_wh=2000),
        states=[StateChange(at(0), "Charging"), StateChange(at(30), "Finishing")],
        unplugged=at(60),
    )
    lines = {str(line.kind): line.amount_incl_vat for line in rate(found.course, TERMS).lines}
    assert lines == {"ENERGY": Decimal("0.40"), "IDLE": Decimal("3.00")}


def test_a_clock_far_ahead_is_set_right() -> None:
    ahead = timedelta(days=400)
    events = [
        Transaction.Started("transaction:2026-11-20:CS1/T1", 1, at(0), occurred_at=at(0) + ahead, meter_start_wh=0),
        Transaction.Ended("transaction:2026-11-20:CS1/T1", 2, at(30), occurred_at=at(30) + ahead, meter_stop_wh=5000),
    ]
    found = recounted(*events)
    assert (found.course.start, found.course.end, found.truth.wh) == (at(0), at(30), 5000)
    assert found.truth.doubts == {Doubt.CLOCK}
    assert found.truth.held
