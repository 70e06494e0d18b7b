# mypy: disallow_untyped_decorators=false
"""Mutations that ask something of a station's charging profiles."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

import strawberry

from api.graphql.asking import HIGHEST_EVSE, CommandPayload, StationRequest, ask
from api.graphql.charging_profile_inputs import ChargingProfileInput, typed_profile
from api.graphql.charging_profiles import SOURCE
from api.graphql.context import Info
from api.graphql.deciding import checked, within_bounds
from api.graphql.enums import ChargingProfilePurpose, ChargingRateUnit
from api.graphql.errors import Refused, UserErrorCode, bad_input, refusals_as
from api.graphql.scalars import INT_MAX
from api.graphql.visibility import at_least
from domain.transaction import TransactionState
from projections.sessions import TransactionRow, sessions, transactions_page

_MAX, _TX = ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE, ChargingProfilePurpose.TX_PROFILE
_EXTERNAL = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
_MOST_IDS = 1024
_SOURCES = 4
_LONGEST_SOURCE = 20


@strawberry.input
class SetChargingProfileInput(StationRequest):
    evse_id: int = strawberry.field(default=0, description="0 is the whole station, or every EVSE of it by default.")
    transaction_id: str | None = strawberry.field(
        default=None, description="Of a TX_PROFILE, as the station knows it; null: the one running on the EVSE."
    )
    profile: ChargingProfileInput


@strawberry.input
class ClearChargingProfileInput(StationRequest):
    profile_id: int | None = strawberry.field(default=None, description="This one; goes with no other criterion.")
    evse_id: int | None = strawberry.field(default=None, description="0 is the whole station.")
    purpose: ChargingProfilePurpose | None = None
    stack_level: int | None = None


@strawberry.input(description="What is null is no criterion; all criteria have to be met.")
class GetChargingProfilesInput(StationRequest):
    evse_id: int | None = strawberry.field(default=None, description="0 is the station itself, null all there are.")
    profile_ids: list[int] | None = None
    purpose: ChargingProfilePurpose | None = None
    stack_level: int | None = None
    sources: list[str] | None = strawberry.field(default=None, description=SOURCE)


@strawberry.input
class GetCompositeScheduleInput(StationRequest):
    evse_id: int = strawberry.field(default=0, description="0 is the station's own connection.")
    duration: int = strawberry.field(description="Seconds.")
    charging_rate_unit: ChargingRateUnit | None = strawberry.field(default=None, description="Null: either.")


@strawberry.type
class ChargingProfileMutations:
    @strawberry.mutation(description="Limit what a station, an EVSE or a transaction may draw.")
    @refusals_as(CommandPayload)
    async def set_charging_profile(self, info: Info, input: SetChargingProfileInput) -> CommandPayload:
        profile = typed_profile(input.profile)
        within_bounds("evseId", input.evse_id, 0, HIGHEST_EVSE)
        if input.profile.purpose is _MAX and input.evse_id != 0:
            raise bad_input("evseId", "this purpose limits the whole station: evseId is 0")
        if input.profile.purpose is _TX:
            profile["transactionId"] = (await _running(info, input)).transaction_id
        elif input.transaction_id is not None:
            raise bad_input("transactionId", "only a TX_PROFILE is for a transaction")
        return await ask(info, input, "SetChargingProfile", {"evseId": input.evse_id, "chargingProfile": profile})

    @strawberry.mutation(description="Take charging profiles away: one by its id, or all that meet what is said.")
    @refusals_as(CommandPayload)
    async def clear_charging_profile(self, info: Info, input: ClearChargingProfileInput) -> CommandPayload:
        criteria: dict[str, Any] = {}
        for name, number, highest in (
            ("evseId", input.evse_id, HIGHEST_EVSE),
            ("stackLevel", input.stack_level, INT_MAX),
        ):
            if number is not None:
                within_bounds(name, number, 0, highest)
                criteria[name] = number
        if input.purpose is not None:
            if input.purpose is _EXTERNAL:
                raise bad_input("purpose", "external constraints are for others to clear")
            criteria["chargingProfilePurpose"] = input.purpose.value
        if input.profile_id is not None:
            within_bounds("profileId", input.profile_id, 0, INT_MAX)
            if criteria:
                raise bad_input("profileId", "stations ignore all other criteria beside an id: leave them out")
            criteria["chargingProfileId"] = input.profile_id
        return await ask(info, input, "ClearChargingProfile", criteria)

    @strawberry.mutation(
        description="Have a station report the profiles it has; what it reports is in `chargingProfiles`. 2.x."
    )
    @refusals_as(CommandPayload)
    async def get_charging_profiles(self, info: Info, input: GetChargingProfilesInput) -> CommandPayload:
        asked = {"requestId": 1 + secrets.randbelow(INT_MAX), **_report_criteria(input)}
        return await ask(info, input, "GetChargingProfiles", asked, drawn=("requestId",))

    @strawberry.mutation(description="Ask what a station would let flow; the answer is in `chargingProfiles` too.")
    @refusals_as(CommandPayload)
    async def get_composite_schedule(self, info: Info, input: GetCompositeScheduleInput) -> CommandPayload:
        within_bounds("evseId", input.evse_id, 0, HIGHEST_EVSE)
        within_bounds("duration", input.duration, 1, INT_MAX)
        unit = {"chargingRateUnit": input.charging_rate_unit.value} if input.charging_rate_unit else {}
        asked = {"evseId": input.evse_id, "duration": input.duration, **unit}
        return await ask(info, input, "GetCompositeSchedule", asked)


def _report_criteria(input: GetChargingProfilesInput) -> dict[str, Any]:
    criteria: dict[str, Any] = {}
    for name, number, highest in (("evseId", input.evse_id, HIGHEST_EVSE), ("stackLevel", input.stack_level, INT_MAX)):
        if number is not None:
            within_bounds(name, number, 0, highest)
            criteria[name] = number
    if input.profile_ids is not None:
        within_bounds("profileIds", len(input.profile_ids), 1, _MOST_IDS)
        for number in input.profile_ids:
            within_bounds("profileIds", number, 0, INT_MAX)
        criteria["chargingProfileId"] = input.profile_ids
    if input.purpose is not None:
        criteria["chargingProfilePurpose"] = input.purpose.value
    if input.sources is not None:
        within_bounds("sources", len(input.sources), 1, _SOURCES)
        criteria["chargingLimitSource"] = [checked("sources", source, _LONGEST_SOURCE) for source in input.sources]
    return criteria


async def _running(info: Info, input: SetChargingProfileInput) -> TransactionRow:
    """The transaction that a TxProfile is for: it has to be running, on that EVSE."""
    if input.evse_id == 0:
        raise bad_input("evseId", "a TX_PROFILE is for the transaction of an EVSE: name it")
    wanted = None if input.transaction_id is None else checked("transactionId", input.transaction_id)
    asked = {"station_id": input.station_id, "evse_id": input.evse_id, "transaction_id": wanted}
    look = partial(transactions_page, info.context.pool, 1, None, **asked, state=TransactionState.ACTIVE)
    page = await look()
    if not page.rows:  # it may have begun a moment ago
        await at_least(info, str(await info.context.services.journal.head()), sessions)
        page = await look()
    if not page.rows:
        message = f"no such transaction is running on EVSE {input.evse_id}"
        raise Refused(UserErrorCode.UNKNOWN_TRANSACTION, message, "transactionId")
    return page.rows[0]
