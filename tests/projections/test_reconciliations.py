"""What came of comparing stations with what they should have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.events import Reconciliation
from domain.reconciliation import Cause, Finding
from projections.reconciliations import (
    Found,
    ReconciliationStatus,
    reconciliations,
    reconciliations_by_id,
    reconciliations_page,
)
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def requested(id: str, station_id: str = "CS/1") -> Reconciliation:
    new = Reconciliation.blank(Reconciliation.stream(station_id, id, NOON))
    new.request(Cause.BOOT, NOON + timedelta(minutes=1), NOON)
    return new


async def test_it_waits_for_the_station_and_not_for_ever(shelf: Shelf) -> None:
    await shelf.given(requested("1"))
    await shelf.show(reconciliations)
    row = (await reconciliations_by_id(shelf.pool, ["1"]))["1"]
    assert (row.station_id, row.cause, row.found) == ("CS/1", "BOOT", [])
    assert row.status_at(NOON) is ReconciliationStatus.REQUESTED
    assert row.status_at(NOON + timedelta(minutes=1)) is ReconciliationStatus.EXPIRED


async def test_what_was_found_is_kept_subject_by_subject(shelf: Shelf) -> None:
    ended = requested("1")
    ended.end((Finding("configuration", 2, ("a", "b")), Finding("localList", 1, (), "away")), NOON)
    await shelf.given(ended)
    await shelf.show(reconciliations, batch=1)
    row = (await reconciliations_by_id(shelf.pool, ["1"]))["1"]
    assert row.status_at(NOON + timedelta(days=1)) is ReconciliationStatus.DONE
    assert row.found == [Found("configuration", 2, ("a", "b"), None), Found("localList", 1, (), "away")]


async def test_those_of_a_station_come_youngest_first(shelf: Shelf) -> None:
    await shelf.given(requested("1"), requested("2"), requested("3", "CS2"))
    await shelf.show(reconciliations)
    page = await reconciliations_page(shelf.pool, 9, None, station_id="CS/1")
    assert [row.id for row in page.rows] == ["2", "1"]
