# mypy: disallow_untyped_decorators=false
"""Tariffs and charge detail records."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from decimal import Decimal

import strawberry

from api.graphql.context import Info
from api.graphql.enums import (
    ChargeDetailRecordState,
    IssueOccasion,
    LineKind,
    MeteringCertainty,
    MeteringDoubt,
)
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.prices import PriceElement, PriceLimit
from api.graphql.scalars import whole
from api.graphql.transactions import Transaction, transaction_by_id
from api.graphql.visibility import at_least
from domain import rating
from domain.charge_detail_record import Occasion
from domain.metering_truth import Certainty
from projections.billing import (
    CdrRow,
    RecordState,
    RevisionRow,
    TariffRow,
    billing,
    cdrs_by_id,
    cdrs_page,
    revisions_by_id,
    tariffs_by_id,
    tariffs_page,
    terms_of,
)


@strawberry.type(
    description="A tariff in its latest version. A session is billed by the version in force at its start."
)
class Tariff:
    id: strawberry.ID
    tariff_id: strawberry.ID
    version: int
    currency: str
    description: str | None
    time_zone: str = strawberry.field(description="Of its times and dates, as in the IANA database.")
    tax_included: bool = strawberry.field(description="Whether prices contain their taxes.")
    elements: list[PriceElement]
    min_price: PriceLimit | None
    max_price: PriceLimit | None
    defined_at: datetime

    @classmethod
    def of(cls, row: TariffRow) -> Tariff:
        terms = terms_of(row)
        return cls(
            id=strawberry.ID(row.tariff_id),
            tariff_id=strawberry.ID(row.tariff_id),
            version=row.version,
            currency=row.currency,
            description=row.description,
            time_zone=terms.time_zone or "UTC",
            tax_included=terms.tax_included,
            elements=[PriceElement.of(element) for element in terms.elements],
            min_price=PriceLimit.of(terms.min_price),
            max_price=PriceLimit.of(terms.max_price),
            defined_at=row.defined_at,
        )


@strawberry.type
class TaxAmount:
    name: str
    percent: Decimal
    amount: Decimal


@strawberry.type(description="When a price applied, and to how much: Wh, seconds or pieces.")
class ChargeSpan:
    start: datetime
    end: datetime
    units: int


@strawberry.type(
    description="Quantity times unit price, rounded to the currency's minor unit; the lines add up to the totals."
    " MINIMUM_PRICE and MAXIMUM_PRICE bring the bill to its least or highest amount."
)
class ChargeLine:
    kind: LineKind
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount_excl_vat: Decimal
    vat_rate: Decimal = strawberry.field(description="Of all taxes together, in percent.")
    vat_amount: Decimal
    amount_incl_vat: Decimal
    taxes: list[TaxAmount]
    measured: Decimal | None = strawberry.field(description="The quantity before it was rounded up to the step size.")
    exact_amount: Decimal | None = strawberry.field(description="Before it was rounded to money.")
    element: int | None = strawberry.field(description="The place of the price in the tariff, from 0.")
    spans: list[ChargeSpan]
    source: str | None = strawberry.field(description="Which readings the quantity rests on.")

    @classmethod
    def of(cls, line: rating.ChargeLine) -> ChargeLine:
        told = {field.name: getattr(line, field.name) for field in fields(line)}
        told["taxes"] = [TaxAmount(name=tax.name, percent=tax.percent, amount=tax.amount) for tax in line.taxes]
        told["spans"] = [ChargeSpan(start=span.start, end=span.end, units=whole(span.units)) for span in line.spans]
        return cls(**told)


@strawberry.type(description="Something odd about the readings of a transaction.")
class MeteringFinding:
    doubt: MeteringDoubt
    text: str
    at: datetime | None


@strawberry.type(description="What a register showed, in Wh.")
class RegisterReading:
    at: datetime
    wh: Decimal
    mark: str = strawberry.field(description="Transaction.Begin, Transaction.End, meterStart, meterStop or nothing.")
    signed: bool


@strawberry.type(description="A record as it was issued. The next revision, or a waiver, credits it.")
class ChargeDetailRevision:
    revision: int
    energy_wh: int
    currency: str | None
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal
    lines: list[ChargeLine]
    occasion: IssueOccasion
    reason: str | None
    issued_at: datetime
    credited_at: datetime | None

    @classmethod
    def of(cls, row: RevisionRow) -> ChargeDetailRevision:
        return cls(
            revision=row.revision,
            energy_wh=whole(row.energy_wh),
            currency=row.currency,
            total_excl_vat=row.total_excl_vat,
            total_vat=row.total_vat,
            total_incl_vat=row.total_incl_vat,
            lines=[ChargeLine.of(line) for line in row.charge_lines],
            occasion=Occasion(row.occasion),
            reason=row.reason,
            issued_at=row.issued_at,
            credited_at=row.credited_at,
        )


@strawberry.type(
    description="What an ended transaction comes to. Facts that arrive later make a new revision; a record whose"
    " readings are doubtful is held until somebody releases or waives it."
)
class ChargeDetailRecord:
    id: strawberry.ID = strawberry.field(description="The same as its transaction's.")
    revision: int = strawberry.field(
        description="The number it was issued under; of one that is held, the number that it will have."
    )
    state: ChargeDetailRecordState
    station_id: strawberry.ID
    transaction_id: str
    evse_id: int | None
    id_token: str | None
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
    certainty: MeteringCertainty
    findings: list[MeteringFinding]
    rests_on: list[RegisterReading] = strawberry.field(description="The readings from which the energy follows.")
    estimated: bool = strawberry.field(description="Whether the end of the session is our guess.")
    occasion: IssueOccasion | None
    reason: str | None = strawberry.field(description="What the person who decided it said.")
    issued_at: datetime = strawberry.field(description="Or held, or waived.")

    @strawberry.field
    async def transaction(self, info: Info) -> Transaction | None:
        return await transaction_by_id(info, self.id)

    @strawberry.field(description="All that was issued, latest first.")
    async def revisions(self, info: Info) -> list[ChargeDetailRevision]:
        return [ChargeDetailRevision.of(row) for row in await info.context.load(revisions_by_id, self.id) or ()]

    @classmethod
    def of(cls, row: CdrRow) -> ChargeDetailRecord:
        return cls(
            id=strawberry.ID(row.id),
            revision=row.revision,
            state=RecordState(row.state),
            station_id=strawberry.ID(row.station_id),
            transaction_id=row.transaction_id,
            evse_id=row.evse_id,
            id_token=row.id_token,
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
            lines=[ChargeLine.of(line) for line in row.charge_lines],
            energy_source=row.energy_source,
            certainty=Certainty(row.certainty),
            findings=[MeteringFinding(doubt=f.doubt, text=f.text, at=f.at) for f in row.found],
            rests_on=[RegisterReading(at=p.at, wh=p.wh, mark=p.mark, signed=p.signed) for p in row.points],
            estimated=row.estimated,
            occasion=Occasion(row.occasion) if row.occasion else None,
            reason=row.reason,
            issued_at=row.issued_at,
        )


async def record_by_id(info: Info, id: str) -> ChargeDetailRecord | None:
    row = await info.context.load(cdrs_by_id, id)
    return ChargeDetailRecord.of(row) if row else None


async def tariff_by_id(info: Info, tariff_id: str) -> Tariff | None:
    row = await info.context.load(tariffs_by_id, tariff_id)
    return Tariff.of(row) if row else None


@strawberry.input
class ChargeDetailRecordFilter:
    station_id: strawberry.ID | None = None
    transaction_id: str | None = strawberry.field(default=None, description="As the station knows it.")
    tariff_id: strawberry.ID | None = None
    state: ChargeDetailRecordState | None = strawberry.field(default=None, description="HELD is the queue for review.")


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
