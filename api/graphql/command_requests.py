# mypy: disallow_untyped_decorators=false
"""Mutations that ask something of a station: the everyday ones in our own words, and any other in the station's."""

from __future__ import annotations

import re
import secrets
from typing import Any

import strawberry

from api.graphql.asking import KEY, LIFE, LIFETIME, PATIENCE, WAIT, CommandPayload, StationRequest, ask, where
from api.graphql.charging_profile_inputs import ChargingProfileInput, names_external, typed_profile
from api.graphql.context import Info
from api.graphql.deciding import DEEPEST_PAYLOAD, checked, deeper
from api.graphql.enums import ChargingProfilePurpose, ResetType
from api.graphql.errors import Refused, UserErrorCode, bad_input, refusals_as
from api.graphql.network_profiles import tells_secrets
from api.graphql.passwords import change_to, password_in
from api.graphql.scalars import JSON
from projections.sessions import transactions_by_id

_ACTION = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


@strawberry.input
class RequestCommandInput(StationRequest):
    action: str = strawberry.field(description="Such as `GetVariables`, as the station's version calls it.")
    payload: JSON = strawberry.field(description="An object in the wire form of the station's version.")


@strawberry.input
class RemoteStartInput(StationRequest):
    id_token: str
    id_token_type: str = "ISO14443"  # noqa: S105  # a kind of card
    group_id: str | None = strawberry.field(default=None, description="2.x: the token's group, if that is to be told.")
    evse_id: int | None = None
    connector_id: int | None = strawberry.field(
        default=None, description="Accepted for completeness: OCPP names the EVSE."
    )
    charging_profile: ChargingProfileInput | None = strawberry.field(
        default=None, description="A TX_PROFILE for the transaction that begins."
    )


@strawberry.input
class RemoteStopInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="Transaction.id; or else the next two.")
    station_id: strawberry.ID | None = None
    transaction_id: str | None = strawberry.field(default=None, description="As the station knows it.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
    wait_seconds: float | None = strawberry.field(default=PATIENCE, description=WAIT)
    expires_in_seconds: float | None = strawberry.field(default=LIFETIME, description=LIFE)


@strawberry.input
class ResetInput(StationRequest):
    type: ResetType = ResetType.ON_IDLE
    evse_id: int | None = strawberry.field(default=None, description="2.x: only this EVSE.")


@strawberry.input
class UnlockConnectorInput(StationRequest):
    evse_id: int
    connector_id: int = 1


@strawberry.input
class ChangeAvailabilityInput(StationRequest):
    operative: bool = strawberry.field(description="False takes it out of service.")
    evse_id: int | None = strawberry.field(default=None, description="Null is the whole station.")
    connector_id: int | None = None


@strawberry.input
class TriggerMessageInput(StationRequest):
    requested_message: str = strawberry.field(description="Such as `StatusNotification`.")
    evse_id: int | None = None
    connector_id: int | None = None


@strawberry.type
class CommandMutations:
    @strawberry.mutation(
        description="Any action, by hand. It is sent when the station can be reached, even after the wait."
    )
    @refusals_as(CommandPayload)
    async def request_command(self, info: Info, input: RequestCommandInput) -> CommandPayload:
        if not _ACTION.fullmatch(input.action):
            raise bad_input("action", "action must be the name of an OCPP message")
        if not isinstance(input.payload, dict) or deeper(input.payload, DEEPEST_PAYLOAD):
            raise bad_input("payload", f"payload must be an object, at most {DEEPEST_PAYLOAD} levels deep")
        if (password := password_in(input.action, input.payload)) is not None:
            return await change_to(info, input, password)
        if input.action in ("SetChargingProfile", "ClearChargingProfile") and names_external(input.payload):
            raise bad_input("payload", "external constraints are for others to set and to clear")
        if tells_secrets(input.action, input.payload):
            raise bad_input("payload", "secrets of a network go with setNetworkProfile, which keeps them unreadable")
        return await ask(info, input, input.action, input.payload, typed=False)

    @strawberry.mutation(description="Start charging from afar.")
    @refusals_as(CommandPayload)
    async def remote_start(self, info: Info, input: RemoteStartInput) -> CommandPayload:
        payload: dict[str, Any] = {
            "idToken": checked("idToken", input.id_token),
            "idTokenType": checked("idTokenType", input.id_token_type, 20),
            "remoteStartId": 1 + secrets.randbelow(2**31 - 1),
        }
        if input.group_id is not None:
            payload["groupId"] = checked("groupId", input.group_id)
        if input.charging_profile is not None:
            if input.charging_profile.purpose is not ChargingProfilePurpose.TX_PROFILE:
                raise bad_input("purpose", "the profile of a remote start is a TX_PROFILE")
            payload["chargingProfile"] = typed_profile(input.charging_profile)
        drawn = ("remoteStartId",)
        return await ask(info, input, "RequestStartTransaction", payload | where(input), drawn=drawn)

    @strawberry.mutation(description="End a transaction from afar.")
    @refusals_as(CommandPayload)
    async def remote_stop(self, info: Info, input: RemoteStopInput) -> CommandPayload:
        station_id, transaction_id = await _transaction(info, input)
        request = StationRequest(
            station_id=strawberry.ID(station_id),
            idempotency_key=input.idempotency_key,
            wait_seconds=input.wait_seconds,
            expires_in_seconds=input.expires_in_seconds,
        )
        return await ask(info, request, "RequestStopTransaction", {"transactionId": transaction_id})

    @strawberry.mutation(description="Restart a station.")
    @refusals_as(CommandPayload)
    async def reset(self, info: Info, input: ResetInput) -> CommandPayload:
        return await ask(info, input, "Reset", {"type": input.type.value} | where(input))

    @strawberry.mutation(description="Release a plug.")
    @refusals_as(CommandPayload)
    async def unlock_connector(self, info: Info, input: UnlockConnectorInput) -> CommandPayload:
        return await ask(info, input, "UnlockConnector", where(input))

    @strawberry.mutation(description="Put a station, an EVSE or a connector in or out of service.")
    @refusals_as(CommandPayload)
    async def change_availability(self, info: Info, input: ChangeAvailabilityInput) -> CommandPayload:
        status = "Operative" if input.operative else "Inoperative"
        return await ask(info, input, "ChangeAvailability", {"operationalStatus": status} | where(input))

    @strawberry.mutation(description="Ask a station to send a message now.")
    @refusals_as(CommandPayload)
    async def trigger_message(self, info: Info, input: TriggerMessageInput) -> CommandPayload:
        if not _ACTION.fullmatch(input.requested_message):
            raise bad_input("requestedMessage", "requestedMessage must be the name of an OCPP message")
        return await ask(info, input, "TriggerMessage", {"requestedMessage": input.requested_message} | where(input))


async def _transaction(info: Info, input: RemoteStopInput) -> tuple[str, str]:
    """Station and transaction id, which the station knows, of what an input names."""
    if input.id is None and input.station_id is not None and input.transaction_id is not None:
        return input.station_id, checked("transactionId", input.transaction_id)
    if input.id is None or input.station_id is not None or input.transaction_id is not None:
        raise bad_input("id", "name the transaction either by id, or by stationId and transactionId")
    row = await info.context.load(transactions_by_id, input.id)
    if row is None:
        raise Refused(UserErrorCode.UNKNOWN_TRANSACTION, f"there is no transaction {input.id[:60]!r}", "id")
    return row.station_id, row.transaction_id
