"""The charging profiles of a station, whatever happened to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

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
    ReportCriteria,
    ReportedProfile,
    SchedulePeriod,
)
from domain.events import Transaction
from domain.installed_profiles import (
    Confirmation,
)
from domain.values import Evse, IdToken
from projections.charging_profiles import (
    REPORTS_KEPT,
    ReportedSchedule,
    StationProfiles,
    charging_profiles,
    profiles_of_stations,
)
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


def asked(request_id: int = 7, status: str = "Accepted", **criteria: Any) -> Any:
    values = {"request_id": request_id, "criteria": ReportCriteria(**criteria), "status": status}
    return ChargingProfileBook.ReportAsked, values


def part(*told: ChargingProfile, request_id: int = 7, last: bool = True, source: str = "CSO") -> Any:
    profiles = tuple(ReportedProfile(1, source, profile) for profile in told)
    return ChargingProfileBook.Reported, {"request_id": request_id, "profiles": profiles, "last": last}


def confirmed(held: StationProfiles | None) -> dict[int, Confirmation]:
    assert held is not None
    return {installed.profile.id: installed.confirmation for installed in held.profiles}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
async def test_parts_are_put_together_whenever_it_is_noted_that_they_were_asked_for(
    shelf: Shelf, order: tuple[int, ...]
) -> None:
    ours = [was_set(profile(1)), was_set(profile(2, 1)), was_set(profile(3, 2))]
    told = [asked(), part(profile(1), last=False), part(profile(2, 1))]
    written = book(*ours, *(told[n] for n in order[:2]))
    held = await shown(shelf, written, batch=1)
    assert set(confirmed(held).values()) == {Confirmation.ASSUMED}, "something is still to come"
    kind, values = told[order[2]]
    written.trigger_event(kind, timestamp=at(9), **values)
    held = await shown(shelf, written, batch=1)
    assert confirmed(held) == {1: "CONFIRMED", 2: "CONFIRMED", 3: "MISSING"}
    assert held is not None
    [report] = held.reports
    assert (report.complete, [told.profile.id for told in report.profiles]) == (True, [1, 2])


async def test_a_part_that_is_sent_twice_counts_once(shelf: Shelf) -> None:
    held = await shown(shelf, book(asked(), part(profile(1), last=False), part(profile(1), last=False), part()))
    assert held is not None
    assert len(held.reports[0].profiles) == 1


async def test_only_the_latest_reports_are_kept(shelf: Shelf) -> None:
    held = await shown(shelf, book(*(asked(number) for number in range(REPORTS_KEPT + 2))))
    assert held is not None
    assert [report.request_id for report in held.reports] == list(range(2, REPORTS_KEPT + 2))


async def test_what_is_set_again_is_assumed_again_and_what_is_external_is_not_cleared(shelf: Shelf) -> None:
    external = replace(profile(1), purpose=ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS)
    told = book(was_set(profile(1)), asked(), part(profile(1), last=False), part(external, source="SO"))
    held = await shown(shelf, told)
    assert held is not None
    assert [(i.source, i.confirmation) for i in held.profiles] == [("CSO", "CONFIRMED"), ("SO", "FOREIGN")]
    cleared = (ChargingProfileBook.Cleared, {"criteria": Criteria(), "status": "Accepted"})
    held = await shown(shelf, book(was_set(profile(1)), day=date(2026, 11, 21)))
    assert held is not None
    assert {i.source: i.confirmation for i in held.profiles} == {"CSO": "ASSUMED", "SO": "FOREIGN"}
    held = await shown(shelf, book(cleared, day=date(2026, 11, 22)))
    assert held is not None
    assert [(i.source, i.confirmation) for i in held.profiles] == [("SO", "FOREIGN")]
    gone = book((ChargingProfileBook.LimitCleared, {"source": "SO", "evse_id": 2}), day=date(2026, 11, 23))
    assert ids(await shown(shelf, gone)) == [1]
    gone = book((ChargingProfileBook.LimitCleared, {"source": "SO"}), day=date(2026, 11, 24))
    assert ids(await shown(shelf, gone)) == []


async def test_limits_of_others_stand_until_they_are_cleared(shelf: Shelf) -> None:
    def limited(source: str, evse_id: int | None, critical: bool | None = None) -> Any:
        return ChargingProfileBook.LimitNotified, {"source": source, "evse_id": evse_id, "grid_critical": critical}

    held = await shown(
        shelf, book(limited("SO", None), limited("SO", None, True), limited("SO", 1), limited("EMS", 1)), batch=1
    )
    assert held is not None
    limits = [(limit.source, limit.evse_id, limit.grid_critical) for limit in held.external_limits]
    assert limits == [("SO", None, True), ("SO", 1, None), ("EMS", 1, None)]
    cleared = ChargingProfileBook.LimitCleared
    held = await shown(shelf, book((cleared, {"source": "SO", "evse_id": 1}), day=date(2026, 11, 21)))
    assert held is not None
    assert [(limit.source, limit.evse_id) for limit in held.external_limits] == [("SO", None), ("EMS", 1)]
    held = await shown(shelf, book((cleared, {"source": "SO"}), day=date(2026, 11, 22)))
    assert held is not None
    assert [limit.source for limit in held.external_limits] == ["EMS"]


async def test_a_remote_start_may_find_a_transaction_that_began_with_the_cable(shelf: Shelf) -> None:
    started = RemoteStart("Card", 7)
    transaction = Transaction.blank(Transaction.stream("CS/1", "42", NOON))
    transaction.start(NOON, occurred_at=NOON, evse=Evse(1, 1))
    held = await shown(shelf, book(was_set(profile(1), 1, remote_start=started)), transaction)
    assert held is not None
    assert held.profiles[0].remote_start == started
    transaction.update(at(1), occurred_at=at(1), trigger_reason="Authorized", id_token=IdToken("Other"))
    transaction.update(at(2), occurred_at=at(2), trigger_reason="RemoteStart", remote_start_id=7)
    held = await shown(shelf, transaction)
    assert held is not None
    [begun] = held.profiles
    assert (begun.profile.transaction_id, begun.evse_id, begun.remote_start) == ("42", 1, None)
