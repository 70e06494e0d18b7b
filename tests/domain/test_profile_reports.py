"""What a station's report says about the profiles that we believe it has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    RemoteStart,
    ReportCriteria,
    ReportedProfile,
    SchedulePeriod,
)
from domain.installed_profiles import (
    Confirmation,
    Installed,
    InstalledProfile,
)
from domain.profile_reports import reconcile
from domain.sales_tariff import SalesTariff

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ALL = ReportCriteria()
DEFAULT, MOST = ChargingProfilePurpose.TX_DEFAULT_PROFILE, ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE


def profile(id: int = 1, limit: int = 6, level: int = 0) -> ChargingProfile:
    schedule = ChargingSchedule(ChargingRateUnit.A, (SchedulePeriod(0, Decimal(limit)),), NOON)
    return ChargingProfile(id, level, DEFAULT, ChargingProfileKind.ABSOLUTE, (schedule,), valid_from=NOON)


def ours(id: int = 1, evse_id: int | None = 1, level: int = 0) -> InstalledProfile:
    return InstalledProfile(profile(id, level=level), evse_id, NOON)


def told(profile: ChargingProfile, evse_id: int = 1, source: str = "CSO") -> ReportedProfile:
    return ReportedProfile(evse_id, source, profile)


def confirmed(held: Installed) -> dict[int, str]:
    return {installed.profile.id: str(installed.confirmation) for installed in held}


def test_what_is_there_is_confirmed_and_what_is_not_is_missed_and_what_is_new_is_foreign() -> None:
    held = reconcile((ours(1), ours(2)), ALL, [told(profile(1)), told(profile(3))], LATER)
    assert confirmed(held) == {1: "CONFIRMED", 2: "MISSING", 3: "FOREIGN"}
    assert [installed.reported_at for installed in held] == [LATER] * 3
    assert [installed.set_at for installed in held] == [NOON, NOON, None]


@pytest.mark.parametrize(
    "other",
    [
        told(profile(limit=7)),
        told(profile(level=1)),
        told(profile(), evse_id=2),
        told(replace(profile(), valid_to=NOON)),
    ],
)
def test_what_is_there_in_another_way_is_shown_beside_ours(other: ReportedProfile) -> None:
    [installed] = reconcile((ours(),), ALL, [other], LATER)
    assert (installed.confirmation, installed.profile) == (Confirmation.DIFFERENT, profile())
    assert (installed.reported, installed.evse_id) == (other.profile, 1)
    [again] = reconcile((installed,), ALL, [told(profile())], LATER)
    assert (again.confirmation, again.reported) == (Confirmation.CONFIRMED, None)


def test_a_station_may_write_the_same_in_another_way() -> None:
    tariff = SalesTariff(1, ())
    [schedule] = profile().schedules
    start = NOON.replace(microsecond=500_000)
    asked = replace(
        profile(),
        valid_from=start,
        transaction_id="TX",
        schedules=(replace(schedule, start_schedule=start, sales_tariff=tariff),),
    )
    plain = replace(profile(), schedules=(replace(schedule, periods=(SchedulePeriod(0, Decimal(6), 3),)),))
    [installed] = reconcile((InstalledProfile(asked, 1, NOON),), ALL, [told(plain)], LATER)
    assert installed.confirmation is Confirmation.CONFIRMED
    [other] = reconcile((InstalledProfile(asked, 1, NOON),), ALL, [told(replace(plain, transaction_id="TY"))], LATER)
    assert other.confirmation is Confirmation.DIFFERENT


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        (ALL, [1, 2]),
        (ReportCriteria(evse_id=1), [1]),
        (ReportCriteria(ids=(2, 9)), [2]),
        (ReportCriteria(purpose=DEFAULT), [1, 2]),
        (ReportCriteria(purpose=MOST), []),
        (ReportCriteria(stack_level=1), [2]),
        (ReportCriteria(sources=("EMS",)), []),
        (ReportCriteria(evse_id=2, stack_level=0), []),
    ],
)
def test_only_what_the_report_would_have_held_can_be_missed(asked: ReportCriteria, missing: list[int]) -> None:
    held = reconcile((ours(1, 1), ours(2, 2, 1)), asked, [], LATER)
    assert [id for id, confirmation in confirmed(held).items() if confirmation == "MISSING"] == missing
    assert len(held) == 2


def test_what_is_foreign_comes_and_goes_with_the_reports() -> None:
    held = reconcile((), ALL, [told(profile(1), source="EMS"), told(profile(1), source="SO")], LATER)
    assert [installed.source for installed in held] == ["EMS", "SO"]
    [changed] = reconcile(held, ALL, [told(profile(1, 9), evse_id=2, source="EMS")], LATER)
    assert (changed.confirmation, changed.evse_id, changed.reported) == (Confirmation.FOREIGN, 2, None)
    assert changed.profile == profile(1, 9)


def test_where_a_profile_of_a_remote_start_is_the_station_tells() -> None:
    waiting = InstalledProfile(profile(), None, NOON, RemoteStart("A", 7))
    [installed] = reconcile((waiting,), ALL, [told(profile(), evse_id=2)], LATER)
    assert (installed.confirmation, installed.evse_id) == (Confirmation.CONFIRMED, 2)
