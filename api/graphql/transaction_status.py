# mypy: disallow_untyped_decorators=false
"""How a transaction stands at its station, and telling the driver what it costs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.context import Info
from api.graphql.deciding import checked
from api.graphql.errors import Refused, UserErrorCode, bad_input, refusals_as
from api.graphql.visibility import at_least
from domain.streams import within
from projections.billing import costs_by_id
from projections.transaction_status import TransactionStatusRow, transaction_statuses, transaction_statuses_by_id

_HIGHEST_COST = Decimal(10**9)
_LONGEST_TRANSACTION_ID = 36


@strawberry.type(description="How a transaction stands, as its station said when it was asked last.")
class TransactionStatus:
    ongoing: bool | None = strawberry.field(description="Null if it did not say.")
    messages_in_queue: bool = strawberry.field(description="Whether it has messages about it yet to be delivered.")
    reported_at: datetime

    @classmethod
    def of(cls, row: TransactionStatusRow) -> TransactionStatus:
        return cls(ongoing=row.ongoing, messages_in_queue=row.messages_in_queue, reported_at=row.reported_at)


async def transaction_status_by_id(info: Info, id: str) -> TransactionStatus | None:
    row = await info.context.load(transaction_statuses_by_id, id)
    return TransactionStatus.of(row) if row else None


@strawberry.input
class GetTransactionStatusInput(StationRequest):
    transaction_id: str | None = strawberry.field(
        default=None, description="As the station knows it. Null: are there messages about any transaction?"
    )


@strawberry.input
class SendCostInput(StationRequest):
    transaction_id: str = strawberry.field(description="As the station knows it.")
    total_cost: Decimal | None = strawberry.field(
        default=None, description="With taxes. Null: what it costs so far by its tariff."
    )


@strawberry.type
class TransactionStatusQueries:
    @strawberry.field(description="As the station said when it was asked last; without transactionId: of all it has.")
    async def transaction_status(
        self,
        info: Info,
        station_id: strawberry.ID,
        transaction_id: str | None = None,
        at_least_position: str | None = None,
    ) -> TransactionStatus | None:
        await at_least(info, at_least_position, transaction_statuses)
        return await transaction_status_by_id(info, within(station_id, transaction_id))


@strawberry.type
class TransactionStatusMutations:
    @strawberry.mutation(
        description="2.x: ask a station whether a transaction goes on, and whether it has messages about it to deliver."
    )
    @refusals_as(CommandPayload)
    async def get_transaction_status(self, info: Info, input: GetTransactionStatusInput) -> CommandPayload:
        payload = {}
        if input.transaction_id is not None:
            payload["transactionId"] = checked("transactionId", input.transaction_id, _LONGEST_TRANSACTION_ID)
        return await ask(info, input, "GetTransactionStatus", payload)

    @strawberry.mutation(description="2.x: have a station show what a running transaction costs so far.")
    @refusals_as(CommandPayload)
    async def send_cost(self, info: Info, input: SendCostInput) -> CommandPayload:
        transaction_id = checked("transactionId", input.transaction_id, _LONGEST_TRANSACTION_ID)
        payload = {"transactionId": transaction_id, "totalCost": await _cost(info, input, transaction_id)}
        return await ask(info, input, "CostUpdated", payload, drawn=("totalCost",) if input.total_cost is None else ())


async def _cost(info: Info, input: SendCostInput, transaction_id: str) -> float:
    cost = input.total_cost
    if cost is None:
        bill = await info.context.load(costs_by_id, within(input.station_id, transaction_id))
        if bill is None:
            message = f"there is no transaction {transaction_id!r}"
            raise Refused(UserErrorCode.UNKNOWN_TRANSACTION, message, "transactionId")
        cost = bill.total_incl_vat
    if not 0 <= cost < _HIGHEST_COST or cost != round(cost, 6):
        raise bad_input("totalCost", "a cost is zero or more, below 10^9, and has at most 6 decimals")
    return float(cost)
