"""Charging profiles: what we had a station install or clear, what it says that it has, what others limit, and what it
will let flow (1.6 §3.13, 2.0.1 K).

Stream `charging-profile:<day>:<station>`. A limit is in A per phase or in W over all phases; times of a schedule are
seconds from its start. EVSE 0 is the whole station.
"""

from __future__ import annotations

from dataclasses import dataclass
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

    def meet(self, profile: ChargingProfile, evse_id: int | None) -> bool:
        if profile.purpose is ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:
            return False
        if self.id is not None:
            return profile.id == self.id
        return (
            self.evse_id in (None, evse_id)
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
