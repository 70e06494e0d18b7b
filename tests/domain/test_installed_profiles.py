"""Which charging profiles a station has, by the rules by which stations keep them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    Criteria,
    RemoteStart,
    SchedulePeriod,
)
from domain.installed_profiles import (
    Installed,
    InstalledProfile,
    begin_transaction,
    clear,
    end_transaction,
    install,
    of_evse,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MAX = ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
DEFAULT = ChargingProfilePurpose.TX_DEFAULT_PROFILE
TX = ChargingProfilePurpose.TX_PROFILE
SCHEDULE = ChargingSchedule(ChargingRateUnit.A, (SchedulePeriod(0, Decimal(6)),))


def profile(
    id: int,
    evse_id: int | None,
    purpose: ChargingProfilePurpose = DEFAULT,
    level: int = 0,
    transaction_id: str | None = None,
    start: RemoteStart | None = None,
) -> InstalledProfile:
    made = ChargingProfile(id, level, purpose, ChargingProfileKind.RELATIVE, (SCHEDULE,), transaction_id=transaction_id)
    return InstalledProfile(made, evse_id, NOON, start)


def installed(*profiles: InstalledProfile) -> Installed:
    held: Installed = ()
    for new in profiles:
        held = install(held, new)
    return held


def ids(held: Installed) -> list[int]:
    return [kept.profile.id for kept in held]


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (profile(1, 1), profile(2, 1), [2]),
        (profile(1, 1), profile(2, 2), [1, 2]),
        (profile(1, 1), profile(2, 1, level=1), [1, 2]),
        (profile(1, 0), profile(2, 0, MAX), [1, 2]),
        (profile(1, 1), profile(1, 2, level=5), [1]),
        (profile(1, 1, TX, transaction_id="A"), profile(2, 1, TX, transaction_id="A"), [2]),
        (profile(1, 1, TX, transaction_id="A"), profile(2, 1, TX, transaction_id="B"), [1, 2]),
    ],
    ids=["place", "other EVSE", "other level", "other purpose", "id", "transaction", "other transaction"],
)
def test_a_profile_replaces_what_has_its_id_or_its_place(
    first: InstalledProfile, second: InstalledProfile, left: list[int]
) -> None:
    assert ids(installed(first, second)) == left


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({"id": 2}, [1, 3, 4]),
        ({"id": 2, "evse_id": 9, "stack_level": 9}, [1, 3, 4]),
        ({"evse_id": 1}, [1, 4]),
        ({"evse_id": 1, "purpose": DEFAULT}, [1, 3, 4]),
        ({"evse_id": 1, "stack_level": 3, "purpose": DEFAULT}, [1, 2, 3, 4]),
        ({"stack_level": 0}, [3]),
        ({}, []),
        ({"id": 99}, [1, 2, 3, 4]),
    ],
)
def test_clearing_is_by_id_alone_or_by_all_that_is_said(criteria: dict[str, Any], left: list[int]) -> None:
    held = installed(profile(1, 0, MAX), profile(2, 1), profile(3, 1, TX, level=3, transaction_id="A"), profile(4, 2))
    assert ids(clear(held, Criteria(**criteria))) == left


def test_a_profile_of_a_transaction_goes_with_it() -> None:
    held = installed(profile(1, 1), profile(2, 1, TX, transaction_id="A"), profile(3, 2, TX, transaction_id="B"))
    assert ids(end_transaction(held, "A")) == [1, 3]


@pytest.mark.parametrize("asked_for", [1, None])
def test_a_profile_that_came_with_a_remote_start_belongs_to_the_transaction_it_led_to(asked_for: int | None) -> None:
    held = installed(profile(1, asked_for, TX, start=RemoteStart("Card")))
    [begun] = begin_transaction(held, "A", 1, "CARD", None)
    assert (begun.profile.transaction_id, begun.evse_id, begun.remote_start) == ("A", 1, None)
    assert end_transaction((begun,), "A") == ()


def test_2_x_tells_which_remote_start_it_was() -> None:
    held = installed(profile(1, 1, TX, start=RemoteStart("Card", 7)), profile(2, 2, TX, start=RemoteStart("Card", 8)))
    first, second = begin_transaction(held, "A", 2, "other", 8)
    assert (first.remote_start, second.profile.transaction_id) == (RemoteStart("Card", 7), "A")


@pytest.mark.parametrize(("evse_id", "left"), [(1, []), (2, [1])])
def test_another_transaction_on_its_evse_shows_that_it_will_not_be_used(evse_id: int, left: list[int]) -> None:
    held = installed(profile(1, 1, TX, start=RemoteStart("Card")))
    assert ids(begin_transaction(held, "A", evse_id, "someone else", None)) == left


def test_profiles_are_listed_by_evse_purpose_and_level() -> None:
    held = installed(profile(1, 2), profile(2, 1, level=4), profile(3, 1, level=1), profile(4, 0, MAX))
    assert [kept.profile.id for kept in of_evse(held, None)] == [4, 3, 2, 1]
    assert [kept.profile.id for kept in of_evse(held, 1)] == [3, 2]
