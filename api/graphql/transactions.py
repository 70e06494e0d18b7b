# mypy: disallow_untyped_decorators=false
"""Transactions with their meter values and charge detail records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.graphql.context import Info, asks_for
from api.graphql.enums import TransactionState
from api.graphql.paging import EMPTY, Connection, connection, instant_of, key_of, page_size
from api.graphql.scalars import whole
from api.graphql.signed_values import SignedValues, signed_values_by_transaction
from api.graphql.stations import Station, station_by_id
from api.graphql.transaction_status import TransactionStatus, transaction_status_by_id
from api.graphql.visibility import at_least
from projections.billing import billing, cdrs_by_id
from projections.costs import costs_by_id
from projections.meter_keys import meter_keys
from projections.metering import MeterValueRow, latest_readings, meter_values, meter_values_of
from projections.model import ReadModel
from projections.sessions import TransactionRow, sessions, transactions_by_id, transactions_page
from projections.signed_values import signed_values
from projections.transaction_status import transaction_statuses

if TYPE_CHECKING:
    from api.graphql.billing import ChargeDetailRecord


@strawberry.type(description="What a meter showed at one instant; a quantity that was not told is null.")
class MeterValue:
    at: datetime
    register_wh: float | None
    power_w: float | None
    soc_percent: float | None
    current_a: float | None
    voltage_v: float | None

    @classmethod
    def of(cls, row: MeterValueRow) -> MeterValue:
        return cls(
            at=row.at,
            register_wh=row.register_wh,
            power_w=row.power_w,
            soc_percent=row.soc_percent,
            current_a=row.current_a,
            voltage_v=row.voltage_v,
        )


def _number(value: Decimal | None) -> float | None:
    """As JSON has it; None for what no meter shows and JSON cannot say."""
    return float(value) if value is not None and abs(value) < Decimal("1e300") else None


@strawberry.type
class SeqNoRange:
    first: int
    last: int


@strawberry.type(description="What a transaction costs, to its end or to the last moment that the station told of.")
class Cost:
    currency: str | None = strawberry.field(description="Null where no tariff applies.")
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal


@strawberry.type
class Transaction:
    id: strawberry.ID
    station_id: strawberry.ID
    transaction_id: str = strawberry.field(description="As the station knows it; in 1.6 the number as text.")
    evse_id: int | None
    connector_id: int | None
    id_token: str | None
    id_token_type: str | None
    authorization_status: str | None = strawberry.field(description="What the id token was answered.")
    state: TransactionState
    charging_state: str | None
    started_at: datetime | None
    ended_at: datetime | None
    estimated: bool = strawberry.field(description="True while its end is our guess: the station never told.")
    stopped_reason: str | None
    energy_wh: int | None
    meter_start_wh: float | None
    meter_stop_wh: float | None
    tariff_id: str | None
    tariff_version: int | None
    remote_start_id: int | None
    provisional: bool = strawberry.field(description="True while the message that began it has not arrived.")

    missing_seq_nos: list[SeqNoRange] = strawberry.field(
        description="2.x: messages that have not arrived though later ones have; the station may have dropped them."
    )

    @strawberry.field
    async def station(self, info: Info) -> Station | None:
        return await station_by_id(info, self.station_id)

    @strawberry.field(description="The power that was told last.")
    async def power_w(self, info: Info) -> float | None:
        row = await info.context.load(latest_readings, self.id)
        return row.power_w if row else None

    @strawberry.field(description="The vehicle's state of charge that was told last.")
    async def soc_percent(self, info: Info) -> float | None:
        row = await info.context.load(latest_readings, self.id)
        return row.soc_percent if row else None

    @strawberry.field(description="Meter values in the order in which they were taken.")
    async def meter_values(self, info: Info, first: int, after: str | None = None) -> Connection[MeterValue]:
        page = await info.context.load(meter_values_of, self.id, first=page_size(first), after=instant_of(after))
        return connection(page or EMPTY, MeterValue.of, lambda row: row.at.isoformat())

    @strawberry.field(description="What its meter has signed, and what that proves; null if it has signed nothing.")
    async def signed_values(self, info: Info) -> SignedValues | None:
        return await signed_values_by_transaction(info, self.id, self.station_id, self.evse_id)

    @strawberry.field(description="What the station said when it was asked by getTransactionStatus.")
    async def status(self, info: Info) -> TransactionStatus | None:
        return await transaction_status_by_id(info, self.id)

    @strawberry.field(description="What it costs so far.")
    async def cost(self, info: Info) -> Cost | None:
        bill = await info.context.load(costs_by_id, self.id)
        if bill is None:
            return None
        return Cost(
            currency=bill.currency,
            total_excl_vat=bill.total_excl_vat,
            total_vat=bill.total_vat,
            total_incl_vat=bill.total_incl_vat,
        )

    @strawberry.field(description="The bill, once the transaction has ended.")
    async def charge_detail_record(
        self, info: Info
    ) -> Annotated[ChargeDetailRecord, strawberry.lazy("api.graphql.billing")] | None:
        from api.graphql.billing import ChargeDetailRecord

        row = await info.context.load(cdrs_by_id, self.id)
        return ChargeDetailRecord.of(row) if row else None

    @classmethod
    def of(cls, row: TransactionRow) -> Transaction:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            transaction_id=row.transaction_id,
            evse_id=row.evse_id,
            connector_id=row.connector_id,
            id_token=row.id_token,
            id_token_type=row.id_token_type,
            authorization_status=row.authorization_status,
            state=TransactionState(row.state),
            charging_state=row.charging_state,
            started_at=row.started_at,
            ended_at=row.ended_at,
            estimated=row.estimated,
            stopped_reason=row.stopped_reason,
            energy_wh=whole(row.energy_wh),
            meter_start_wh=_number(row.meter_start_wh),
            meter_stop_wh=_number(row.meter_stop_wh),
            tariff_id=row.tariff_id,
            tariff_version=row.tariff_version,
            remote_start_id=row.remote_start_id,
            provisional=row.provisional,
            missing_seq_nos=[SeqNoRange(first=first, last=last) for first, last in row.missing],
        )


async def transaction_by_id(info: Info, id: str) -> Transaction | None:
    row = await info.context.load(transactions_by_id, id)
    return Transaction.of(row) if row else None


@strawberry.input
class TransactionFilter:
    station_id: strawberry.ID | None = None
    transaction_id: str | None = strawberry.field(default=None, description="As the station knows it.")
    id_token: str | None = None
    state: TransactionState | None = None
    evse_id: int | None = None


def _asked_for(info: Info) -> list[ReadModel]:
    """The read models of fields that not everybody wants and waits for."""
    bill = asks_for(info, "cost") or asks_for(info, "chargeDetailRecord")
    signed = [signed_values, meter_keys] * asks_for(info, "signedValues")
    return [billing] * bill + [transaction_statuses] * asks_for(info, "status") + signed


@strawberry.type
class TransactionQueries:
    @strawberry.field(description="By Transaction.id.")
    async def transaction(
        self, info: Info, id: strawberry.ID, at_least_position: str | None = None
    ) -> Transaction | None:
        await at_least(info, at_least_position, sessions, meter_values, *_asked_for(info))
        return await transaction_by_id(info, id)

    @strawberry.field(description="Transactions by id: those of a station together.")
    async def transactions(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: TransactionFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[Transaction]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, sessions, meter_values, *_asked_for(info))
        page = await transactions_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, Transaction.of, lambda row: row.id)


@strawberry.type
class TransactionSubscriptions:
    @strawberry.subscription(
        description="A transaction, each time something was told of it; by Transaction.id, without: all."
    )
    async def transaction_changed(self, info: Info, id: strawberry.ID | None = None) -> AsyncIterator[Transaction]:
        with info.context.bulletin.transactions.watch(id) as watch:
            while True:
                names = await info.context.news(watch)
                rows = await transactions_by_id(info.context.pool, names) if names else {}
                for name in names:
                    if name in rows:
                        yield Transaction.of(rows[name])
