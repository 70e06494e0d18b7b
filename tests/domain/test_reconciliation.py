"""A reconciliation is done once, and not when it is too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.events import Reconciliation, Station
from domain.reconciliation import Cause, Finding
from domain.values import Reconciling

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


def requested() -> Reconciliation:
    new = Reconciliation.blank(Reconciliation.stream("CS/1", "1", NOON))
    new.request(Cause.OPERATOR, LATER, NOON)
    new.request(Cause.BOOT, LATER, NOON)
    return new


def test_it_is_due_until_its_time_is_over() -> None:
    new = requested()
    assert (new.cause, new.due(NOON), new.due(LATER)) == (Cause.OPERATOR, True, False)
    assert not Reconciliation.blank(new.id).due(NOON)


def test_it_ends_once() -> None:
    new = requested()
    new.end((Finding("localList", 0),), NOON)
    new.end((), LATER)
    assert not new.due(NOON)
    assert [event.TOPIC for event in new.collect_events()] == ["reconciliation.requested", "reconciliation.ended"]


def test_a_station_is_compared_on_request_unless_it_is_set_up_otherwise() -> None:
    station = Station.blank(Station.stream("CS/1"))
    assert station.reconcile is Reconciling.MANUAL
    options = {"lenient": False, "assumed_version": None, "reconcile": Reconciling.ON_BOOT}
    for _ in range(2):
        station.set_options(**options, at=NOON)  # type: ignore[arg-type]
    assert (station.reconcile, station.version) == (Reconciling.ON_BOOT, 1)
