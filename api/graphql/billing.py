# mypy: disallow_untyped_decorators=false
"""Tariffs and charge detail records."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from api.graphql.context import Info
from api.graphql.enums import LineKind, PriceKind
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import whole
from api.graphql.transactions import Transaction, transaction_by_id
from api.graphql.visibility import at_least
from projections.billing import CdrRow, TariffRow, billing, cdrs_page, price_elements, tariffs_by_id, tariffs_page


@strawberry.type(
    description="ENERGY is a price per kWh, TIME per hour of the session, FLAT per session; vat in percent."
)
class PriceElement:
    kind: PriceKind
    price: Decimal
    vat: Decimal


@strawberry.type(
    description="A tariff in its latest version. A session is billed by the version in force at its start."
)
class Tariff:
    id: strawberry.ID
    tariff_id: strawberry.ID
    version: int
    currency: str
    description: str | None
    elements: list[PriceElement]
    defined_at: datetime

    @classmethod
    def of(cls, row: TariffRow) -> Tariff:
        return cls(
            id=strawberry.ID(row.tariff_id),
            tariff_id=strawberry.ID(row.tariff_id),
            version=row.version,
            currency=row.currency,
            description=row.description,
            elements=[PriceElement(kind=e.kind, price=e.price, vat=e.vat) for e in price_elements(row)],
            defined_at=row.defined_at,
        )


@strawberry.type(
    description="Quantity times unit price, rounded to the currency's minor unit; the lines add up to the totals."
)
class ChargeLine:
    kind: LineKind
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_excl_vat: Decimal
    vat_rate: Decimal
    vat_amount: Decimal
    amount_incl_vat: Decimal


@strawberry.type(description="The bill of an ended transaction. Facts that arrive later make a new revision.")
class ChargeDetailRecord:
    id: strawberry.ID = strawberry.field(description="The same as its transaction's.")
    revision: int
    station_id: strawberry.ID
    transaction_id: str
    energy_wh: int
    duration_seconds: int
    started_at: datetime | None
    ended_at: datetime
    tariff_id: str | None
    tariff_version: int | None
    currency: str | None = strawberry.field(description="Null where no tariff applied: such a session costs nothing.")
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal
    lines: list[ChargeLine]
    energy_source: str = strawberry.field(description="Which readings the energy rests on.")
    estimated: bool = strawberry.field(description="Whether the end of the session is our guess.")
    issued_at: datetime

    @strawberry.field
    async def transaction(self, info: Info) -> Transaction | None:
        return await transaction_by_id(info, self.id)

    @classmethod
    def of(cls, row: CdrRow) -> ChargeDetailRecord:
        return cls(
            id=strawberry.ID(row.id),
            revision=row.revision,
            station_id=strawberry.ID(row.station_id),
            transaction_id=row.transaction_id,
            energy_wh=whole(row.energy_wh),
            duration_seconds=whole(row.duration_seconds),
            started_at=row.started_at,
            ended_at=row.ended_at,
            tariff_id=row.tariff_id,
            tariff_version=row.tariff_version,
            currency=row.currency,
            total_excl_vat=row.total_excl_vat,
            total_vat=row.total_vat,
            total_incl_vat=row.total_incl_vat,
            lines=[
                ChargeLine(
                    kind=line.kind,
                    quantity=line.quantity,
                    unit=line.unit,
                    unit_price=line.unit_price,
                    amount_excl_vat=line.amount_excl_vat,
                    vat_rate=line.vat_rate,
                    vat_amount=line.vat_amount,
                    amount_incl_vat=line.amount_incl_vat,
                )
                for line in row.charge_lines
            ],
            energy_source=row.energy_source,
            estimated=row.estimated,
            issued_at=row.issued_at,
        )


async def tariff_by_id(info: Info, tariff_id: str) -> Tariff | None:
    row = await info.context.load(tariffs_by_id, tariff_id)
    return Tariff.of(row) if row else None


@strawberry.input
class ChargeDetailRecordFilter:
    station_id: strawberry.ID | None = None
    transaction_id: str | None = strawberry.field(default=None, description="As the station knows it.")
    tariff_id: strawberry.ID | None = None


@strawberry.type
class BillingQueries:
    @strawberry.field(description="Charge detail records by transaction: those of a station together.")
    async def charge_detail_records(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: ChargeDetailRecordFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[ChargeDetailRecord]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, billing)
        page = await cdrs_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, ChargeDetailRecord.of, lambda row: row.id)

    @strawberry.field(description="Tariffs by id.")
    async def tariffs(
        self, info: Info, first: int, after: str | None = None, at_least_position: str | None = None
    ) -> Connection[Tariff]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, billing)
        page = await tariffs_page(info.context.pool, size, key)
        return connection(page, Tariff.of, lambda row: row.tariff_id)
