"""Charging profiles: what we had a station install or clear, what it says that it has, what others limit, and what it
will let flow (1.6 §3.13, 2.0.1 K).

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
from domain.sales_tariff import SalesTariff


class ChargingProfilePurpose(StrEnum):
    """In 1.6 the first is ChargePointMaxProfile."""

    CHARGING_STATION_MAX_PROFILE = "ChargingStationMaxProfile"
    TX_DEFAULT_PROFILE = "TxDefaultProfile"
    TX_PROFILE = "TxProfile"
    CHARGING_STATION_EXTERNAL_CONSTRAINTS = "ChargingStationExternalConstraints"
    """2.x: the station has it from others; it is not ours to set or to clear."""


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
    sales_tariff: SalesTariff | None = None
    """For a car that speaks ISO 15118."""


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """More than one schedule: a car that speaks ISO 15118 chooses."""

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
        if profile.purpose is ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:
            return False
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


OURS = "CSO"
"""The 2.x source of limits that come from us; others are EMS, SO, Other."""


@dataclass(frozen=True, slots=True)
class ReportCriteria:
    """Which profiles a station was asked to report: those that meet all that is said."""

    evse_id: int | None = None
    ids: tuple[int, ...] = ()
    purpose: ChargingProfilePurpose | None = None
    stack_level: int | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedProfile:
    """As a station told it."""

    evse_id: int
    source: str
    profile: ChargingProfile


class Confirmation(StrEnum):
    """What the station's last report that would have held a profile says about it."""

    ASSUMED = "ASSUMED"
    CONFIRMED = "CONFIRMED"
    DIFFERENT = "DIFFERENT"
    MISSING = "MISSING"
    FOREIGN = "FOREIGN"


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    profile: ChargingProfile
    """As we set it; a foreign one as the station reported it."""
    evse_id: int | None
    """None: the station chooses the EVSE of the remote start."""
    set_at: datetime | None
    """None: not by us."""
    remote_start: RemoteStart | None = None
    """Until its transaction begins."""
    source: str = OURS
    confirmation: Confirmation = Confirmation.ASSUMED
    reported_at: datetime | None = None
    reported: ChargingProfile | None = None
    """What the station has in its place, if that is different."""


@dataclass(frozen=True, slots=True)
class ExternalLimit:
    """A limit that somebody else has set; None as EVSE is the whole station."""

    source: str
    evse_id: int | None
    grid_critical: bool | None
    schedules: tuple[ChargingSchedule, ...]
    notified_at: datetime


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

    @dataclass(frozen=True)
    class ReportAsked(DomainEvent):
        """NoProfiles says that there is none of these; otherwise parts follow, or are here before this is noted."""

        TOPIC = "charging-profile.report-asked"
        request_id: int
        criteria: ReportCriteria
        status: str

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        """One part of a report."""

        TOPIC = "charging-profile.reported"
        request_id: int
        profiles: tuple[ReportedProfile, ...]
        last: bool

    @dataclass(frozen=True)
    class LimitNotified(DomainEvent):
        TOPIC = "charging-profile.limit-notified"
        source: str
        evse_id: int | None = None
        grid_critical: bool | None = None
        schedules: tuple[ChargingSchedule, ...] = ()

    @dataclass(frozen=True)
    class LimitCleared(DomainEvent):
        """No EVSE: whatever this source has limited."""

        TOPIC = "charging-profile.limit-cleared"
        source: str
        evse_id: int | None = None


Installed = tuple[InstalledProfile, ...]


def install(held: Installed, new: InstalledProfile) -> Installed:
    """A profile takes the place of one with its id, and of one with its purpose and stack level on the same EVSE (of
    the same transaction).
    """
    return (*(old for old in held if not _replaces(new, old)), new)


def _replaces(new: InstalledProfile, old: InstalledProfile) -> bool:
    if old.profile.purpose is ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:
        return False
    if new.profile.id == old.profile.id:
        return True
    place = new.evse_id, new.profile.purpose, new.profile.stack_level, new.profile.transaction_id
    return place == (old.evse_id, old.profile.purpose, old.profile.stack_level, old.profile.transaction_id)


def clear(held: Installed, criteria: Criteria) -> Installed:
    return tuple(installed for installed in held if not criteria.meet(installed))


def begin_transaction(
    held: Installed, transaction_id: str, evse_id: int | None, id_token: str | None, remote_start_id: int | None
) -> Installed:
    """Profiles that came with a remote start belong to the transaction that it led to; one on their EVSE with another
    token shows that theirs will not come. No token yet (2.x): it may still be theirs.
    """
    kept = []
    for installed in held:
        if installed.remote_start is None:
            kept.append(installed)
        elif _led_to(installed, evse_id, id_token, remote_start_id):
            profile = replace(installed.profile, transaction_id=transaction_id)
            where = installed.evse_id if evse_id is None else evse_id
            kept.append(replace(installed, profile=profile, evse_id=where, remote_start=None))
        elif id_token is None or installed.evse_id is None or installed.evse_id != evse_id:
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


def limit(held: tuple[ExternalLimit, ...], new: ExternalLimit) -> tuple[ExternalLimit, ...]:
    """What a source says about an EVSE takes the place of what it said before."""
    place = new.source, new.evse_id
    return (*(old for old in held if (old.source, old.evse_id) != place), new)


def lift(held: tuple[ExternalLimit, ...], source: str, evse_id: int | None) -> tuple[ExternalLimit, ...]:
    return tuple(old for old in held if old.source != source or evse_id not in (None, old.evse_id))
