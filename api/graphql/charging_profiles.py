# mypy: disallow_untyped_decorators=false
"""Charging profiles: what stations have installed, what others limit there, and what they would let flow."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.graphql.context import Info
from api.graphql.enums import (
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    Confirmation,
    RecurrencyKind,
)
from api.graphql.sales_tariffs import SalesTariff
from api.graphql.scalars import whole
from api.graphql.visibility import at_least
from domain import charging_profiles as domain
from domain.installed_profiles import ExternalLimit, InstalledProfile, of_evse
from projections.charging_profiles import (
    ProfileReport,
    ReportedSchedule,
    StationProfiles,
    charging_profiles,
    profiles_of_stations,
)

SECONDS = "Seconds from the start of the schedule."
LIMIT = "In the unit of the schedule: A per phase, or W over all phases."
SOURCE = "Who limits: `CSO` is us, others are `EMS`, `SO` and `Other`."


@strawberry.type(description="Lasts until the next one; the last lasts until the schedule ends.")
class ChargingSchedulePeriod:
    start_period: int = strawberry.field(description=SECONDS)
    limit: Decimal = strawberry.field(description=LIMIT)
    number_phases: int | None = strawberry.field(description="Null: three.")
    phase_to_use: int | None

    @classmethod
    def of(cls, period: domain.SchedulePeriod) -> ChargingSchedulePeriod:
        phases, phase = period.number_phases, period.phase_to_use
        return cls(
            start_period=whole(period.start_period),
            limit=period.limit,
            number_phases=None if phases is None else whole(phases),
            phase_to_use=None if phase is None else whole(phase),
        )


@strawberry.type
class ChargingSchedule:
    charging_rate_unit: ChargingRateUnit
    periods: list[ChargingSchedulePeriod]
    start_schedule: datetime | None
    duration: int | None = strawberry.field(description="Seconds.")
    min_charging_rate: Decimal | None
    sales_tariff: SalesTariff | None

    @classmethod
    def of(cls, schedule: domain.ChargingSchedule) -> ChargingSchedule:
        return cls(
            charging_rate_unit=schedule.rate_unit,
            periods=[ChargingSchedulePeriod.of(period) for period in schedule.periods],
            start_schedule=schedule.start_schedule,
            duration=None if schedule.duration is None else whole(schedule.duration),
            min_charging_rate=schedule.min_charging_rate,
            sales_tariff=SalesTariff.of(schedule.sales_tariff) if schedule.sales_tariff else None,
        )


@strawberry.type
class ProfileContent:
    """What every profile has, wherever it stands."""

    id: int = strawberry.field(description="Of one station.")
    purpose: ChargingProfilePurpose
    stack_level: int
    kind: ChargingProfileKind
    recurrency_kind: RecurrencyKind | None
    valid_from: datetime | None
    valid_to: datetime | None
    transaction_id: str | None = strawberry.field(description="As the station knows it.")
    schedules: list[ChargingSchedule] = strawberry.field(description="Of several, a car chooses (ISO 15118).")
    source: str = strawberry.field(description=SOURCE)


def _content(profile: domain.ChargingProfile) -> dict[str, Any]:
    return {
        "id": whole(profile.id),
        "purpose": profile.purpose,
        "stack_level": whole(profile.stack_level),
        "kind": profile.kind,
        "recurrency_kind": profile.recurrency,
        "valid_from": profile.valid_from,
        "valid_to": profile.valid_to,
        "transaction_id": profile.transaction_id,
        "schedules": [ChargingSchedule.of(schedule) for schedule in profile.schedules],
    }


@strawberry.type(description="A charging profile as a station has reported it.")
class ReportedChargingProfile(ProfileContent):
    evse_id: int = strawberry.field(description="0 is the whole station.")

    @classmethod
    def of(cls, told: domain.ReportedProfile) -> ReportedChargingProfile:
        return cls(**_content(told.profile), source=told.source, evse_id=told.evse_id)


@strawberry.type(
    description="A charging profile that a station has accepted and, as far as we know, still has; or has reported."
)
class ChargingProfile(ProfileContent):
    evse_id: int | None = strawberry.field(
        description="0 is the whole station; null: the station chooses, its transaction has not begun yet."
    )
    awaits_transaction: bool = strawberry.field(description="It came with a remote start that has led to nothing yet.")
    set_at: datetime | None = strawberry.field(description="Null: not by us.")
    confirmation: Confirmation
    reported_at: datetime | None = strawberry.field(description="When it reported what `confirmation` says.")
    reported: ReportedChargingProfile | None = strawberry.field(description="What it has instead, if DIFFERENT.")

    @classmethod
    def of(cls, installed: InstalledProfile) -> ChargingProfile:
        told, evse_id = installed.reported, installed.evse_id
        reported = told and domain.ReportedProfile(evse_id or 0, installed.source, told)
        return cls(
            **_content(installed.profile),
            source=installed.source,
            evse_id=evse_id,
            awaits_transaction=installed.remote_start is not None,
            set_at=installed.set_at,
            confirmation=installed.confirmation,
            reported_at=installed.reported_at,
            reported=ReportedChargingProfile.of(reported) if reported else None,
        )


@strawberry.type(description="What a station answered when its profiles were asked for, part by part.")
class ChargingProfileReport:
    request_id: int
    status: str | None = strawberry.field(description="As it answered the request, such as `NoProfiles`.")
    complete: bool = strawberry.field(description="Whether no part is to come any more.")
    updated_at: datetime
    profiles: list[ReportedChargingProfile]

    @classmethod
    def of(cls, report: ProfileReport) -> ChargingProfileReport:
        return cls(
            request_id=whole(report.request_id),
            status=report.status,
            complete=report.complete,
            updated_at=report.updated_at,
            profiles=[ReportedChargingProfile.of(told) for told in report.profiles],
        )


@strawberry.type(description="A limit that somebody else has set, and the station keeps to.")
class ExternalChargingLimit:
    source: str = strawberry.field(description=SOURCE)
    evse_id: int | None = strawberry.field(description="Null is the whole station.")
    grid_critical: bool | None
    schedules: list[ChargingSchedule]
    notified_at: datetime

    @classmethod
    def of(cls, limit: ExternalLimit) -> ExternalChargingLimit:
        return cls(
            source=limit.source,
            evse_id=limit.evse_id,
            grid_critical=limit.grid_critical,
            schedules=[ChargingSchedule.of(schedule) for schedule in limit.schedules],
            notified_at=limit.notified_at,
        )


@strawberry.type(description="What a station said last that it would let flow, all its profiles taken together.")
class CompositeSchedule:
    evse_id: int = strawberry.field(description="0 is the station's own connection.")
    status: str = strawberry.field(description="As the station answered, such as `Accepted`.")
    reported_at: datetime
    schedule: ChargingSchedule | None

    @classmethod
    def of(cls, reported: ReportedSchedule) -> CompositeSchedule:
        told = reported.schedule
        schedule = told and domain.ChargingSchedule(told.rate_unit, told.periods, told.start_schedule, told.duration)
        return cls(
            evse_id=reported.evse_id,
            status=reported.status,
            reported_at=reported.reported_at,
            schedule=ChargingSchedule.of(schedule) if schedule else None,
        )


@strawberry.type
class StationChargingProfiles:
    station_id: strawberry.ID
    profiles: list[ChargingProfile] = strawberry.field(description="By EVSE, purpose and stack level.")
    composite_schedules: list[CompositeSchedule] = strawberry.field(description="The last of each EVSE.")
    external_limits: list[ExternalChargingLimit]
    reports: list[ChargingProfileReport] = strawberry.field(description="The latest, youngest first, of all EVSEs.")

    @classmethod
    def of(cls, station_id: str, held: StationProfiles | None, evse_id: int | None) -> StationChargingProfiles:
        profiles = of_evse(held.profiles, evse_id) if held else []
        reported = held.composite_schedules if held else ()
        limits = held.external_limits if held else ()
        return cls(
            station_id=strawberry.ID(station_id),
            profiles=[ChargingProfile.of(installed) for installed in profiles],
            composite_schedules=[CompositeSchedule.of(told) for told in reported if evse_id in (None, told.evse_id)],
            external_limits=[ExternalChargingLimit.of(told) for told in limits if evse_id in (None, told.evse_id)],
            reports=[ChargingProfileReport.of(report) for report in reversed(held.reports if held else ())],
        )


@strawberry.type
class ChargingProfileQueries:
    @strawberry.field(description="The charging profiles of a station, or of one EVSE of it (0: the station itself).")
    async def charging_profiles(
        self, info: Info, station_id: strawberry.ID, evse_id: int | None = None, at_least_position: str | None = None
    ) -> StationChargingProfiles:
        await at_least(info, at_least_position, charging_profiles)
        held = await info.context.load(profiles_of_stations, station_id)
        return StationChargingProfiles.of(station_id, held, evse_id)
