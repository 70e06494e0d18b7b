# mypy: disallow_untyped_decorators=false
"""Changing the password of a station (A01): the old one counts until the station has come with the new one."""

from __future__ import annotations

import re
import secrets
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.commands import Command
from api.graphql.context import Info, Services
from api.graphql.deciding import checked, decide, require_known
from api.graphql.errors import Refused, UserError, bad_input, refusals_as
from api.sealing import seal
from domain.credentials import derive, fingerprint, unhexed
from domain.events import Station

_PASSWORD = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{16,40}")
_WITH_CERTIFICATE = 3


@strawberry.input
class ChangePasswordInput(StationRequest):
    password: str | None = strawberry.field(
        default=None,
        description="16 to 40 letters, digits and *-_=:+|@. (1.6: at most 20, or 40 hex digits)."
        " Better left out: then one of 160 random bits is made and shown once.",
    )


@strawberry.type
class ChangePasswordPayload:
    command: Command | None = None
    password: str | None = strawberry.field(
        default=None, description="The password that was made: shown for this request alone."
    )
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class PasswordMutations:
    @strawberry.mutation(
        description="Give a station a new password. It counts at once; the old one until the station comes with it."
    )
    @refusals_as(ChangePasswordPayload)
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordPayload:
        made = _made(info.context.services, input) if input.password is None else None
        asked = await change_to(info, input, made or _given("password", input.password or ""))
        return ChangePasswordPayload(command=asked.command, password=made, position=asked.position)


async def change_to(info: Info, input: StationRequest, password: str) -> CommandPayload:
    """Ask a station to change to this password, which stands in the journal sealed; it counts from now on."""
    services, station_id = info.context.services, input.station_id
    credential = fingerprint(services.pepper, station_id, password.encode())
    stream = Station.stream(station_id)
    await decide(services, Station, stream, lambda station: _offer(services, station, station_id, credential))
    try:
        return await ask(info, input, "ChangePassword", {"password": seal(services.pepper, station_id, password)})
    except Refused as refused:
        if refused.position is None:  # nothing was asked of the station
            await decide(
                services, Station, stream, lambda station: station.withdraw_credential(credential, services.clock())
            )
        raise


def password_in(action: str, payload: dict[str, Any]) -> str | None:
    """The password that a request in a station's own words would give it, if that is all that it does."""
    match action, payload:
        case "ChangeConfiguration", {"key": str(key), "value": str(value)} if key.casefold() == "authorizationkey":
            return _given("payload", value)
        case "SetVariables", {
            "setVariableData": [
                {
                    "component": {"name": str(component)},
                    "variable": {"name": str(variable)},
                    "attributeValue": str(value),
                }
            ]
        } if (component.casefold(), variable.casefold()) == ("securityctrlr", "basicauthpassword"):
            return _given("payload", value)
    return None


def _made(services: Services, input: ChangePasswordInput) -> str:
    """40 hex digits, fit for 1.6 and 2.x stations alike; the same again for the same key."""
    if input.idempotency_key is None:
        return secrets.token_hex(20)
    return derive(services.pepper, input.station_id, checked("idempotencyKey", input.idempotency_key, 200))


def _given(field: str, password: str) -> str:
    if not _PASSWORD.fullmatch(password):
        raise bad_input(field, "a password has 16 to 40 letters, digits, and characters of *-_=:+|@.")
    return password.lower() if unhexed(password.encode()) is not None else password


def _offer(services: Services, station: Station, station_id: str, credential: str) -> None:
    require_known(station, station_id)
    if station.security_profile == _WITH_CERTIFICATE:
        raise bad_input("stationId", "this station shows a certificate and has no password")
    station.offer_credential(credential, services.clock())
