# mypy: disallow_untyped_decorators=false
"""Mutations of tariffs: what they cost, and where they apply."""

from __future__ import annotations

import strawberry

from api.graphql.billing import Tariff, tariff_by_id
from api.graphql.context import Info
from api.graphql.deciding import checked, decide, require_known, within_bounds
from api.graphql.errors import Refused, UserError, UserErrorCode, bad_input, refusals_as
from api.graphql.prices import PriceElementInput, PriceLimitInput, elements_of, limit_of
from api.graphql.stations import Station, station_by_id
from api.graphql.visibility import shown
from domain.events import Station as StationRecord
from domain.events import Tariff as TariffRecord
from domain.journal import load
from domain.tariff import InvalidTariff, Terms
from projections.availability import availability
from projections.billing import billing

_LONGEST_DESCRIPTION = 1000


@strawberry.input
class DefineTariffInput:
    tariff_id: strawberry.ID
    currency: str = strawberry.field(description="ISO 4217.")
    elements: list[PriceElementInput]
    description: str | None = None
    time_zone: str | None = strawberry.field(
        default=None, description="Of times and dates, as in the IANA database, such as Europe/Berlin. Null is UTC."
    )
    tax_included: bool = strawberry.field(default=False, description="Whether prices contain their taxes.")
    min_price: PriceLimitInput | None = None
    max_price: PriceLimitInput | None = None


@strawberry.input
class AssignTariffInput:
    tariff_id: strawberry.ID | None = strawberry.field(default=None, description="Null takes the tariff away.")
    station_id: strawberry.ID
    evse_id: int | None = strawberry.field(default=None, description="Null is the whole station.")


@strawberry.type
class TariffPayload:
    tariff: Tariff | None = None
    station: Station | None = strawberry.field(default=None, description="The station it was assigned to.")
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class BillingMutations:
    @strawberry.mutation(description="Set the prices of a tariff for sessions that start from now on.")
    @refusals_as(TariffPayload)
    async def define_tariff(self, info: Info, input: DefineTariffInput) -> TariffPayload:
        services = info.context.services
        tariff_id, terms = checked("tariffId", input.tariff_id), _terms(input)

        def decision(tariff: TariffRecord) -> None:
            try:
                tariff.define(terms, services.clock())
            except InvalidTariff as error:
                raise Refused(UserErrorCode.INVALID_TARIFF, str(error)) from error

        recorded = await decide(services, TariffRecord, TariffRecord.stream(tariff_id), decision)
        position = await shown(info, recorded, billing)
        return TariffPayload(tariff=await tariff_by_id(info, tariff_id), position=position)

    @strawberry.mutation(description="Let a tariff apply at a station or at one EVSE of it, or take it away.")
    @refusals_as(TariffPayload)
    async def assign_tariff(self, info: Info, input: AssignTariffInput) -> TariffPayload:
        services, station_id, tariff_id = info.context.services, input.station_id, input.tariff_id
        if input.evse_id is not None:
            within_bounds("evseId", input.evse_id, 1, 10_000)
        if (
            tariff_id is not None
            and not (await load(services.journal, TariffRecord, TariffRecord.stream(tariff_id))).exists
        ):
            raise Refused(UserErrorCode.UNKNOWN_TARIFF, f"there is no tariff {tariff_id[:60]!r}", "tariffId")

        def decision(station: StationRecord) -> None:
            require_known(station, station_id)
            station.assign_tariff(tariff_id, input.evse_id, services.clock())

        recorded = await decide(services, StationRecord, StationRecord.stream(station_id), decision)
        position = await shown(info, recorded, availability, billing)
        tariff = await tariff_by_id(info, tariff_id) if tariff_id is not None else None
        return TariffPayload(tariff=tariff, station=await station_by_id(info, station_id), position=position)


def _terms(input: DefineTariffInput) -> Terms:
    description = input.description
    if description is not None and (len(description) > _LONGEST_DESCRIPTION or "\0" in description):
        raise bad_input("description", f"description must be at most {_LONGEST_DESCRIPTION} characters")
    return Terms(
        input.currency,
        elements_of(input.elements),
        description,
        input.time_zone,
        input.tax_included,
        limit_of("minPrice", input.min_price),
        limit_of("maxPrice", input.max_price),
    )
