# mypy: disallow_untyped_decorators=false
"""What cars that speak ISO 15118 need and plan."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.graphql.charging_profiles import ChargingSchedule
from api.graphql.context import Info
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.visibility import at_least
from domain import ev_charging as domain
from projections.ev_charging import EvChargingRow, ev_charging, ev_charging_page, needs_in, schedule_in


@strawberry.type(description="Wh, A, V.")
class AcChargingNeeds:
    energy_amount: int | None
    ev_min_current: int | None
    ev_max_current: int | None
    ev_max_voltage: int | None


@strawberry.type(description="A, V, Wh, W; charge in percent.")
class DcChargingNeeds:
    ev_max_current: int | None
    ev_max_voltage: int | None
    energy_amount: int | None
    ev_max_power: int | None
    state_of_charge: int | None
    ev_energy_capacity: int | None
    full_soc: int | None
    bulk_soc: int | None


@strawberry.type
class EvChargingNeeds:
    energy_transfer: str = strawberry.field(description="2.x EnergyTransferModeEnumType, such as `AC_three_phase`.")
    departure_at: datetime | None
    ac: AcChargingNeeds | None
    dc: DcChargingNeeds | None

    @classmethod
    def of(cls, needs: domain.ChargingNeeds) -> EvChargingNeeds:
        ac, dc = needs.ac, needs.dc
        return cls(
            energy_transfer=needs.energy_transfer,
            departure_at=needs.departure_at,
            ac=AcChargingNeeds(**{name: getattr(ac, name) for name in ac.__slots__}) if ac else None,
            dc=DcChargingNeeds(**{name: getattr(dc, name) for name in dc.__slots__}) if dc else None,
        )


@strawberry.type(description="What a car has told in a transaction. What it has not told is null.")
class EvCharging:
    id: strawberry.ID
    station_id: strawberry.ID
    evse_id: int
    transaction_id: str = strawberry.field(description="As the station knows it.")
    awaits_profile: bool = strawberry.field(
        description="The car waits, for 60 seconds, that setChargingProfile gives its transaction a TX_PROFILE."
    )
    needs: EvChargingNeeds | None
    needs_answer: str | None = strawberry.field(description="`Processing`: a profile is to follow.")
    max_schedule_tuples: int | None = strawberry.field(description="How many periods of a schedule the car can take.")
    needs_at: datetime | None
    plan: ChargingSchedule | None = strawberry.field(description="What the car means to draw, from `timeBase` on.")
    plan_accepted: bool | None = strawberry.field(
        description="False: it does not keep within the profile sent last, and the car was asked to plan anew."
    )
    time_base: datetime | None
    plan_at: datetime | None

    @classmethod
    def of(cls, row: EvChargingRow) -> EvCharging:
        needs, schedule = needs_in(row), schedule_in(row)
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            evse_id=row.evse_id,
            transaction_id=row.transaction_id,
            awaits_profile=row.awaits_profile,
            needs=EvChargingNeeds.of(needs) if needs else None,
            needs_answer=row.needs_answer,
            max_schedule_tuples=row.max_schedule_tuples,
            needs_at=row.needs_at,
            plan=ChargingSchedule.of(schedule) if schedule else None,
            plan_accepted=row.schedule_accepted,
            time_base=row.time_base,
            plan_at=row.schedule_at,
        )


@strawberry.input
class EvChargingFilter:
    station_id: strawberry.ID | None = None
    transaction_id: str | None = None
    awaits_profile: bool | None = None


@strawberry.type
class EvChargingQueries:
    @strawberry.field(description="Transactions of cars that have told what they need or plan, youngest first.")
    async def ev_charging(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: EvChargingFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[EvCharging]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, ev_charging)
        page = await ev_charging_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, EvCharging.of, lambda row: row.id)
