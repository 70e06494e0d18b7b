"""Charging profiles: what we had a station install or clear, and what it says it will let flow (1.6 §3.13, 2.0.1 K).

Stream `charging-profile:<day>:<station>`. A limit is in A per phase or in W over all phases; times of a schedule are
seconds from its start. EVSE 0 is the whole station.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.aggregate import DomainEvent
from domain.books import Book


class ChargingProfilePurpose(StrEnum):
    """In 1.6 the first is ChargePointMaxProfile."""

    CHARGING_STATION_MAX_PROFILE = "ChargingStationMaxProfile"
    TX_DEFAULT_PROFILE = "TxDefaultProfile"
    TX_PROFILE = "TxProfile"


class ChargingProfileKind(StrEnum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class RecurrencyKind(StrEnum):
    DAILY = "Daily"
    WEEKLY = "Weekly"


class ChargingRateUnit(StrEnum):
    A = "A"
    W = "W"


@dataclass(frozen=True, slots=True)
class SchedulePeriod:
    """Lasts until the next one, the last until the schedule ends. No number of phases means three."""

    start_period: int
    limit: Decimal
    number_phases: int | None = None
    phase_to_use: int | None = None


@dataclass(frozen=True, slots=True)
class ChargingSchedule:
    rate_unit: ChargingRateUnit
    periods: tuple[SchedulePeriod, ...]
    start_schedule: datetime | None = None
    duration: int | None = None
    min_charging_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    id: int
    stack_level: int
    purpose: ChargingProfilePurpose
    kind: ChargingProfileKind
    schedules: tuple[ChargingSchedule, ...]
    recurrency: RecurrencyKind | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which profiles to clear: the one with this id, whatever else is said; else those that meet all that is said."""

    id: int | None = None
    evse_id: int | None = None
    purpose: ChargingProfilePurpose | None = None
    stack_level: int | None = None

    def meet(self, installed: InstalledProfile) -> bool:
        profile = installed.profile
        if self.id is not None:
            return profile.id == self.id
        return (
            self.evse_id in (None, installed.evse_id)
            and self.purpose in (None, profile.purpose)
            and self.stack_level in (None, profile.stack_level)
        )


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """The request that a profile came with: its transaction has yet to begin."""

    id_token: str
    remote_start_id: int | None = None
    """2.x only."""


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    profile: ChargingProfile
    evse_id: int | None
    """None: the station chooses the EVSE of the remote start."""
    set_at: datetime
    remote_start: RemoteStart | None = None
    """Until its transaction begins."""


@dataclass(frozen=True, slots=True)
class CompositeSchedule:
    rate_unit: ChargingRateUnit
    periods: tuple[SchedulePeriod, ...]
    start_schedule: datetime | None
    duration: int | None


class ChargingProfileBook(Book):
    KIND = "charging-profile"

    @dataclass(frozen=True)
    class Set(DomainEvent):
        """Asked for, with what the station answered; only `accepted` has changed anything there."""

        TOPIC = "charging-profile.set"
        profile: ChargingProfile
        evse_id: int | None
        status: str
        accepted: bool
        remote_start: RemoteStart | None = None

    @dataclass(frozen=True)
    class Cleared(DomainEvent):
        """Answered Accepted or Unknown: either way the station has none of these any more."""

        TOPIC = "charging-profile.cleared"
        criteria: Criteria
        status: str

    @dataclass(frozen=True)
    class CompositeScheduleReported(DomainEvent):
        """What the station would let flow from `start_schedule` on; None if it did not say."""

        TOPIC = "charging-profile.composite-schedule-reported"
        evse_id: int
        status: str
        schedule: CompositeSchedule | None = None


Installed = tuple[InstalledProfile, ...]


def install(held: Installed, new: InstalledProfile) -> Installed:
    """A profile takes the place of one with its id, and of one with its purpose and stack level on the same EVSE (of
    the same transaction).
    """
    return (*(old for old in held if not _replaces(new, old)), new)


def _replaces(new: InstalledProfile, old: InstalledProfile) -> bool:
    if new.profile.id == old.profile.id:
        return True
    place = new.evse_id, new.profile.purpose, new.profile.stack_level, new.profile.transaction_id
    return place == (old.evse_id, old.profile.purpose, old.profile.stack_level, old.profile.transaction_id)


def clear(held: Installed, criteria: Criteria) -> Installed:
    return tuple(installed for installed in held if not criteria.meet(installed))


def begin_transaction(
    held: Installed, transaction_id: str, evse_id: int | None, id_token: str | None, remote_start_id: int | None
) -> Installed:
    """Profiles that came with a remote start belong to the transaction that it led to; another one on their EVSE shows
    that theirs will not come.
    """
    kept = []
    for installed in held:
        if installed.remote_start is None:
            kept.append(installed)
        elif _led_to(installed, evse_id, id_token, remote_start_id):
            profile = replace(installed.profile, transaction_id=transaction_id)
            kept.append(replace(installed, profile=profile, evse_id=evse_id, remote_start=None))
        elif installed.evse_id is None or installed.evse_id != evse_id:
            kept.append(installed)
    return tuple(kept)


def _led_to(
    installed: InstalledProfile, evse_id: int | None, id_token: str | None, remote_start_id: int | None
) -> bool:
    start = installed.remote_start
    if start is None:
        return False
    if start.remote_start_id is not None and remote_start_id is not None:
        return start.remote_start_id == remote_start_id
    same_token = id_token is not None and id_token.casefold() == start.id_token.casefold()
    return same_token and installed.evse_id in (None, evse_id)


def end_transaction(held: Installed, transaction_id: str) -> Installed:
    return tuple(installed for installed in held if installed.profile.transaction_id != transaction_id)


def of_evse(held: Iterable[InstalledProfile], evse_id: int | None) -> list[InstalledProfile]:
    """By EVSE, purpose and stack level; all of them without an EVSE."""
    found = [installed for installed in held if evse_id in (None, installed.evse_id)]
    return sorted(found, key=lambda i: (i.evse_id or 0, i.profile.purpose, i.profile.stack_level, i.profile.id))
