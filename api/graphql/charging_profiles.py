# mypy: disallow_untyped_decorators=false
"""Charging profiles: what stations have installed, and what they would let flow."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from api.graphql.context import Info
from api.graphql.enums import ChargingProfileKind, ChargingProfilePurpose, ChargingRateUnit, RecurrencyKind
from api.graphql.scalars import whole
from api.graphql.visibility import at_least
from domain import charging_profiles as domain
from projections.charging_profiles import ReportedSchedule, StationProfiles, charging_profiles, profiles_of_stations

SECONDS = "Seconds from the start of the schedule."
LIMIT = "In the unit of the schedule: A per phase, or W over all phases."


@strawberry.type(description="Lasts until the next one; the last lasts until the schedule ends.")
class ChargingSchedulePeriod:
    start_period: int = strawberry.field(description=SECONDS)
    limit: Decimal = strawberry.field(description=LIMIT)
    number_phases: int | None = strawberry.field(description="Null: three.")
    phase_to_use: int | None

    @classmethod
    def of(cls, period: domain.SchedulePeriod) -> ChargingSchedulePeriod:
        phases = period.number_phases
        return cls(
            start_period=whole(period.start_period),
            limit=period.limit,
            number_phases=None if phases is None else whole(phases),
            phase_to_use=period.phase_to_use,
        )


@strawberry.type
class ChargingSchedule:
    charging_rate_unit: ChargingRateUnit
    periods: list[ChargingSchedulePeriod]
    start_schedule: datetime | None
    duration: int | None = strawberry.field(description="Seconds.")
    min_charging_rate: Decimal | None

    @classmethod
    def of(cls, schedule: domain.ChargingSchedule) -> ChargingSchedule:
        return cls(
            charging_rate_unit=schedule.rate_unit,
            periods=[ChargingSchedulePeriod.of(period) for period in schedule.periods],
            start_schedule=schedule.start_schedule,
            duration=None if schedule.duration is None else whole(schedule.duration),
            min_charging_rate=schedule.min_charging_rate,
        )


@strawberry.type(description="A charging profile that a station has accepted and, as far as we know, still has.")
class ChargingProfile:
    id: int = strawberry.field(description="Of one station.")
    evse_id: int | None = strawberry.field(
        description="0 is the whole station; null: the station chooses, its transaction has not begun yet."
    )
    purpose: ChargingProfilePurpose
    stack_level: int
    kind: ChargingProfileKind
    recurrency_kind: RecurrencyKind | None
    valid_from: datetime | None
    valid_to: datetime | None
    transaction_id: str | None = strawberry.field(description="As the station knows it.")
    awaits_transaction: bool = strawberry.field(description="It came with a remote start that has led to nothing yet.")
    schedules: list[ChargingSchedule]
    set_at: datetime

    @classmethod
    def of(cls, installed: domain.InstalledProfile) -> ChargingProfile:
        profile = installed.profile
        return cls(
            id=whole(profile.id),
            evse_id=installed.evse_id,
            purpose=profile.purpose,
            stack_level=whole(profile.stack_level),
            kind=profile.kind,
            recurrency_kind=profile.recurrency,
            valid_from=profile.valid_from,
            valid_to=profile.valid_to,
            transaction_id=profile.transaction_id,
            awaits_transaction=installed.remote_start is not None,
            schedules=[ChargingSchedule.of(schedule) for schedule in profile.schedules],
            set_at=installed.set_at,
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

    @classmethod
    def of(cls, station_id: str, held: StationProfiles | None, evse_id: int | None) -> StationChargingProfiles:
        profiles = domain.of_evse(held.profiles, evse_id) if held else []
        reported = held.composite_schedules if held else ()
        return cls(
            station_id=strawberry.ID(station_id),
            profiles=[ChargingProfile.of(installed) for installed in profiles],
            composite_schedules=[CompositeSchedule.of(told) for told in reported if evse_id in (None, told.evse_id)],
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
