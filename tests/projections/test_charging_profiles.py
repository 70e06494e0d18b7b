"""The charging profiles of a station, whatever happened to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.aggregate import Aggregate
from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileBook,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    CompositeSchedule,
    Criteria,
    RemoteStart,
    SchedulePeriod,
)
from domain.events import Transaction
from domain.values import Evse, IdToken
from projections.charging_profiles import ReportedSchedule, StationProfiles, charging_profiles, profiles_of_stations
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
PERIODS = (SchedulePeriod(0, Decimal("6.1"), 1), SchedulePeriod(60, Decimal("0")))


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def profile(id: int, level: int = 0, transaction_id: str | None = None) -> ChargingProfile:
    purpose = ChargingProfilePurpose.TX_PROFILE if transaction_id else ChargingProfilePurpose.TX_DEFAULT_PROFILE
    schedule = ChargingSchedule(ChargingRateUnit.W, PERIODS, NOON, 3600, Decimal("1.5"))
    return ChargingProfile(
        id, level, purpose, ChargingProfileKind.ABSOLUTE, (schedule,), None, NOON, at(60), transaction_id
    )


def book(*told: tuple[type[Any], dict[str, Any]], station: str = "CS/1", day: date = TODAY) -> Aggregate:
    book = ChargingProfileBook.blank(ChargingProfileBook.stream(station, day))
    for minute, (kind, values) in enumerate(told):
        book.trigger_event(kind, timestamp=at(minute), **values)
    return book


def was_set(profile: ChargingProfile, evse_id: int | None = 1, status: str = "Accepted", **more: Any) -> Any:
    values = {"profile": profile, "evse_id": evse_id, "status": status, "accepted": status == "Accepted"}
    return ChargingProfileBook.Set, values | more


async def shown(shelf: Shelf, *told: Aggregate, batch: int = 2_000) -> StationProfiles | None:
    await shelf.given(*told)
    await shelf.show(charging_profiles, batch=batch)
    return (await profiles_of_stations(shelf.pool, ["CS/1"])).get("CS/1")


def ids(held: StationProfiles | None) -> list[int]:
    assert held is not None
    return [installed.profile.id for installed in held.profiles]


async def test_an_accepted_profile_is_shown_whole(shelf: Shelf) -> None:
    held = await shown(shelf, book(was_set(profile(1))))
    assert held is not None
    [installed] = held.profiles
    assert installed.profile == profile(1)
    assert (installed.evse_id, installed.set_at, held.updated_at) == (1, NOON, NOON)


async def test_a_profile_that_was_not_accepted_is_not_there(shelf: Shelf) -> None:
    assert await shown(shelf, book(was_set(profile(1), status="Rejected"))) is None


async def test_profiles_are_replaced_and_cleared_from_one_day_and_batch_to_the_next(shelf: Shelf) -> None:
    first = book(was_set(profile(1)), was_set(profile(2, 1)), was_set(profile(3, 2)), was_set(profile(4)))
    assert ids(await shown(shelf, first, batch=1)) == [2, 3, 4]
    cleared = (ChargingProfileBook.Cleared, {"criteria": Criteria(id=3), "status": "Accepted"})
    unknown = (ChargingProfileBook.Cleared, {"criteria": Criteria(stack_level=0), "status": "Unknown"})
    held = await shown(shelf, book(cleared, unknown, day=date(2026, 11, 21)), batch=1)
    assert ids(held) == [2], "a station that knows none has none, whatever we believed"


async def test_a_profile_of_a_transaction_goes_when_it_ends(shelf: Shelf) -> None:
    transaction = Transaction.blank(Transaction.stream("CS/1", "42", NOON))
    transaction.start(NOON, occurred_at=NOON, evse=Evse(1, 1))
    assert ids(await shown(shelf, transaction, book(was_set(profile(1)), was_set(profile(2, 0, "42"))))) == [1, 2]
    transaction.end(at(9), occurred_at=at(9))
    assert ids(await shown(shelf, transaction)) == [1]


async def test_a_profile_of_a_remote_start_waits_for_its_transaction(shelf: Shelf) -> None:
    started = RemoteStart("Card")
    held = await shown(shelf, book(was_set(profile(1), None, remote_start=started)))
    assert held is not None
    assert held.profiles[0].remote_start == started
    transaction = Transaction.blank(Transaction.stream("CS/1", "42", NOON))
    transaction.start(NOON, occurred_at=NOON, evse=Evse(2, 1), id_token=IdToken("CARD"))
    held = await shown(shelf, transaction)
    assert held is not None
    [begun] = held.profiles
    assert (begun.profile.transaction_id, begun.evse_id, begun.remote_start) == ("42", 2, None)
    transaction.end(at(9), occurred_at=at(9))
    assert ids(await shown(shelf, transaction)) == []


async def test_the_last_composite_schedule_of_each_evse_is_shown(shelf: Shelf) -> None:
    reported = ChargingProfileBook.CompositeScheduleReported
    schedule = CompositeSchedule(ChargingRateUnit.A, PERIODS, NOON, 60)
    held = await shown(
        shelf,
        book(
            (reported, {"evse_id": 2, "status": "Accepted", "schedule": schedule}),
            (reported, {"evse_id": 0, "status": "Accepted", "schedule": schedule}),
            (reported, {"evse_id": 2, "status": "Rejected"}),
        ),
        batch=1,
    )
    assert held is not None
    assert held.composite_schedules == (
        ReportedSchedule(0, "Accepted", at(1), schedule),
        ReportedSchedule(2, "Rejected", at(2), None),
    )
    assert ids(held) == []
