"""What a station's report of its charging profiles says about those that we believe it has (2.0.1 K09)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    ReportCriteria,
    ReportedProfile,
)
from domain.installed_profiles import (
    Confirmation,
    Installed,
    InstalledProfile,
)


def reconcile(held: Installed, asked: ReportCriteria, reported: Iterable[ReportedProfile], at: datetime) -> Installed:
    """Each profile that the report is about, with what it says; all others as they were.

    Ours that it leaves out stay, as missing: somebody has to look after them. Foreign ones that it leaves out are gone.
    """
    told = {(r.source, r.profile.id): r for r in reported}
    known: list[InstalledProfile] = []
    for installed in held:
        found = told.pop((installed.source, installed.profile.id), None)
        if found is not None:
            known.append(_confirmed(installed, found, at))
        elif not _would_hold(asked, installed):
            known.append(installed)
        elif installed.confirmation is not Confirmation.FOREIGN:
            known.append(replace(installed, confirmation=Confirmation.MISSING, reported_at=at, reported=None))
    return (*known, *(_foreign(r, at) for r in told.values()))


def _would_hold(asked: ReportCriteria, installed: InstalledProfile) -> bool:
    profile = installed.profile
    return (
        asked.evse_id in (None, installed.evse_id)
        and (not asked.ids or profile.id in asked.ids)
        and asked.purpose in (None, profile.purpose)
        and asked.stack_level in (None, profile.stack_level)
        and (not asked.sources or installed.source in asked.sources)
    )


def _confirmed(installed: InstalledProfile, told: ReportedProfile, at: datetime) -> InstalledProfile:
    if installed.confirmation is Confirmation.FOREIGN:
        return _foreign(told, at)
    evse_id = told.evse_id if installed.evse_id is None else installed.evse_id
    same = evse_id == told.evse_id and _plain(installed.profile, told.profile) == _plain(told.profile, told.profile)
    return replace(
        installed,
        evse_id=evse_id,
        confirmation=Confirmation.CONFIRMED if same else Confirmation.DIFFERENT,
        reported_at=at,
        reported=None if same else told.profile,
    )


def _foreign(told: ReportedProfile, at: datetime) -> InstalledProfile:
    return InstalledProfile(
        told.profile, told.evse_id, None, source=told.source, confirmation=Confirmation.FOREIGN, reported_at=at
    )


def _plain(profile: ChargingProfile, told: ChargingProfile) -> ChargingProfile:
    """Without what a station may leave out or write in another way and mean the same."""
    transaction_id = None if told.transaction_id is None else profile.transaction_id
    schedules = tuple(map(_plain_schedule, profile.schedules))
    valid_from, valid_to = (at and at.replace(microsecond=0) for at in (profile.valid_from, profile.valid_to))
    return replace(
        profile, transaction_id=transaction_id, schedules=schedules, valid_from=valid_from, valid_to=valid_to
    )


def _plain_schedule(schedule: ChargingSchedule) -> ChargingSchedule:
    start = schedule.start_schedule and schedule.start_schedule.replace(microsecond=0)
    periods = tuple(replace(period, number_phases=period.number_phases or 3) for period in schedule.periods)
    return replace(schedule, start_schedule=start, periods=periods, sales_tariff=None)
