# mypy: disallow_untyped_decorators=false
"""What people decide about charge detail records that are held, or that were issued and should not have been."""

from __future__ import annotations

from collections.abc import Callable

import strawberry

from api.graphql.billing import ChargeDetailRecord, record_by_id
from api.graphql.context import Info
from api.graphql.deciding import checked, decide
from api.graphql.errors import Refused, UserError, UserErrorCode, refusals_as
from api.graphql.visibility import shown
from domain.charge_detail_record import ChargeDetailRecord as Record
from domain.charge_detail_record import NotHeld
from domain.streams import CHARGE_DETAIL_RECORD
from projections.billing import billing

_LONGEST_REASON = 500


@strawberry.input
class ReviewInput:
    id: strawberry.ID = strawberry.field(description="Of the charge detail record.")
    reason: str = strawberry.field(description="Stands in the record for ever.")


@strawberry.type
class ChargeDetailRecordPayload:
    charge_detail_record: ChargeDetailRecord | None = None
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class ReviewMutations:
    @strawberry.mutation(description="Let a record that is held go out as it is.")
    @refusals_as(ChargeDetailRecordPayload)
    async def release_charge_detail_record(self, info: Info, input: ReviewInput) -> ChargeDetailRecordPayload:
        return await _review(info, input, lambda record, reason: record.release(reason, info.context.services.clock()))

    @strawberry.mutation(description="Let nothing be paid for a session; what was issued is credited.")
    @refusals_as(ChargeDetailRecordPayload)
    async def waive_charge_detail_record(self, info: Info, input: ReviewInput) -> ChargeDetailRecordPayload:
        return await _review(info, input, lambda record, reason: record.waive(reason, info.context.services.clock()))


async def _review(info: Info, input: ReviewInput, review: Callable[[Record, str], None]) -> ChargeDetailRecordPayload:
    services = info.context.services
    id, reason = checked("id", input.id), checked("reason", input.reason, _LONGEST_REASON)
    stream = await services.journal.latest_stream(CHARGE_DETAIL_RECORD, id)
    if stream is None:
        raise Refused(UserErrorCode.UNKNOWN_CHARGE_DETAIL_RECORD, f"there is no charge detail record {id[:60]!r}", "id")

    def decision(record: Record) -> None:
        try:
            review(record, reason)
        except NotHeld as error:
            raise Refused(UserErrorCode.BAD_INPUT, str(error), "id") from error

    recorded = await decide(services, Record, stream, decision)
    position = await shown(info, recorded, billing)
    return ChargeDetailRecordPayload(charge_detail_record=await record_by_id(info, id), position=position)
