"""What cars need and plan, and whether they wait for a profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    SchedulePeriod,
)
from domain.ev_charging import ChargingNeeds, DcNeeds, EvChargingBook
from domain.events import ChargingProfileBook, Transaction
from projections.ev_charging import EvChargingRow, ev_charging, ev_charging_page, needs_in, schedule_in
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEEDS = ChargingNeeds("DC", NOON, dc=DcNeeds(200, 900, state_of_charge=20))
SCHEDULE = ChargingSchedule(ChargingRateUnit.W, (SchedulePeriod(0, Decimal("11000.5")),))


class Told:
    """A station's book, written in by the minute."""

    def __init__(self, station_id: str = "CS1") -> None:
        self.book = EvChargingBook.blank(EvChargingBook.stream(station_id, NOON.date()))
        self.minute = 0

    def _note(self, kind: Any, values: dict[str, Any]) -> Told:
        self.minute += 1
        self.book.trigger_event(kind, timestamp=NOON + timedelta(minutes=self.minute), **values)
        return self

    def needs(self, transaction_id: str | None = "T1", answer: str = "Processing", evse_id: int = 1) -> Told:
        values = {"evse_id": evse_id, "needs": NEEDS, "answer": answer, "max_schedule_tuples": 5}
        return self._note(EvChargingBook.NeedsNotified, values | {"transaction_id": transaction_id})

    def plans(self, transaction_id: str | None = "T1", *, accepted: bool = True) -> Told:
        values = {"evse_id": 1, "schedule": SCHEDULE, "time_base": NOON, "accepted": accepted}
        return self._note(EvChargingBook.ScheduleNotified, values | {"transaction_id": transaction_id})


async def rows(shelf: Shelf, *told: Any, **where: Any) -> list[EvChargingRow]:
    await shelf.given(*(each.book if isinstance(each, Told) else each for each in told))
    await shelf.show(ev_charging, batch=1)
    return (await ev_charging_page(shelf.pool, 9, None, **where)).rows


def was_set(*told: tuple[str, str]) -> ChargingProfileBook:
    """Profiles by transaction, and what the station answered."""
    purpose, kind = ChargingProfilePurpose.TX_PROFILE, ChargingProfileKind.RELATIVE
    book = ChargingProfileBook.blank(ChargingProfileBook.stream("CS1", NOON.date()))
    for transaction_id, status in told:
        profile = ChargingProfile(1, 0, purpose, kind, (SCHEDULE,), transaction_id=transaction_id)
        asked = {"profile": profile, "evse_id": 1, "status": status, "accepted": status == "Accepted"}
        book.trigger_event(ChargingProfileBook.Set, timestamp=NOON, **asked)
    return book


async def test_needs_and_plan_of_a_transaction_stand_in_one_row(shelf: Shelf) -> None:
    [row] = await rows(shelf, Told().needs().plans(accepted=False))
    assert (row.station_id, row.transaction_id, row.evse_id, row.max_schedule_tuples) == ("CS1", "T1", 1, 5)
    assert (needs_in(row), row.needs_answer, row.needs_at) == (NEEDS, "Processing", NOON + timedelta(minutes=1))
    assert (schedule_in(row), row.schedule_accepted, row.time_base) == (SCHEDULE, False, NOON)


async def test_a_plan_may_come_without_needs(shelf: Shelf) -> None:
    [row] = await rows(shelf, Told().plans())
    assert (needs_in(row), row.needs_answer, row.awaits_profile) == (None, None, False)


async def test_what_belongs_to_no_transaction_is_not_shown(shelf: Shelf) -> None:
    assert await rows(shelf, Told().needs(None, "Rejected").plans(None)) == []


async def test_a_car_waits_until_its_transaction_has_a_profile(shelf: Shelf) -> None:
    told = Told().needs()
    waiting = {"station_id": "CS1", "awaits_profile": True}
    assert len(await rows(shelf, told, was_set(("T1", "Rejected"), ("T2", "Accepted")), **waiting)) == 1
    book = was_set(("T1", "Rejected"), ("T2", "Accepted"), ("T1", "Accepted"))
    await shelf.record(book.collect_events()[2:])
    assert await rows(shelf, **waiting) == []
    assert len(await rows(shelf, told.needs(), **waiting)) == 1, "it may need something else later"


async def test_a_car_that_is_gone_waits_for_nothing(shelf: Shelf) -> None:
    transaction = Transaction.blank(Transaction.stream("CS1", "T1", NOON))
    transaction.start(NOON, occurred_at=NOON)
    assert len(await rows(shelf, transaction, Told().needs(), transaction_id="T1", awaits_profile=True)) == 1
    transaction.end(NOON, occurred_at=NOON)
    assert await rows(shelf, transaction, awaits_profile=True) == []


async def test_the_youngest_come_first(shelf: Shelf) -> None:
    told = Told().needs("T1").needs("T2").needs("T1", evse_id=2)
    assert [(row.transaction_id, row.evse_id) for row in await rows(shelf, told)] == [("T2", 1), ("T1", 2)]
    assert [row.transaction_id for row in await rows(shelf, transaction_id="T2")] == ["T2"]
    assert await rows(shelf, station_id="CS2") == []
