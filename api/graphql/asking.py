# mypy: disallow_untyped_decorators=false
"""What every mutation that asks something of a station has: its input, its payload, and the asking itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import strawberry

from api.graphql.commands import Command, command_by_id
from api.graphql.context import Info
from api.graphql.deciding import within_bounds
from api.graphql.errors import UserError, bad_input
from api.graphql.requesting import Wish, request
from api.graphql.visibility import shown
from projections.commands import commands

_PASSWORDS = frozenset({"authorizationkey", "basicauthpassword"})
HIGHEST_EVSE = 10_000
PATIENCE = 10.0
LIFETIME = 600.0
"""Seconds: a wish to start charging should not come true hours later."""
WAIT = "Seconds to wait for the outcome, at most 60."
KEY = "Requests with the same key are one command."
LIFE = "After so many seconds it is no longer sent."


@strawberry.input
class StationRequest:
    station_id: strawberry.ID
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
    wait_seconds: float | None = strawberry.field(default=PATIENCE, description=WAIT)
    expires_in_seconds: float | None = strawberry.field(default=LIFETIME, description=LIFE)


@strawberry.type
class CommandPayload:
    command: Command | None = None
    error: UserError | None = None
    position: str | None = None


async def ask(
    info: Info,
    input: StationRequest,
    action: str,
    payload: dict[str, Any],
    *,
    typed: bool = True,
    drawn: Collection[str] = (),
) -> CommandPayload:
    """Record the wish, wait for its outcome as long as the input says, and show the command as it is then.

    `drawn` names the parts of the payload that come from us, not from the input.
    """
    if sets_password(payload):
        raise bad_input("payload", "a password is changed with changePassword, which keeps it out of the journal")
    wish = Wish(
        station_id=input.station_id,
        action=action,
        payload=payload,
        typed=typed,
        drawn=frozenset(drawn),
        idempotency_key=input.idempotency_key,
        wait_seconds=PATIENCE if input.wait_seconds is None else input.wait_seconds,
        expires_in_seconds=LIFETIME if input.expires_in_seconds is None else input.expires_in_seconds,
    )
    command_id, recorded = await request(info.context.services, wish)
    position = await shown(info, recorded, commands)
    return CommandPayload(command=await command_by_id(info, command_id), position=position)


def sets_password(payload: Any) -> bool:
    """Whether a payload gives a value to one of the variables that hold the station's password (A01)."""
    if isinstance(payload, list):
        return any(map(sets_password, payload))
    if not isinstance(payload, dict):
        return False
    if payload.keys() & {"value", "attributeValue"}:
        variable = payload.get("variable")
        name = variable.get("name") if isinstance(variable, dict) else payload.get("key", variable)
        if isinstance(name, str) and name.casefold() in _PASSWORDS:
            return True
    return any(map(sets_password, payload.values()))


def where(input: Any) -> dict[str, int]:
    """The EVSE and connector that an input names, if it does."""
    found: dict[str, int] = {}
    for field, name in (("evse_id", "evseId"), ("connector_id", "connectorId")):
        number = getattr(input, field, None)
        if number is not None:
            within_bounds(name, number, 1, HIGHEST_EVSE)
            found[name] = number
    if "connectorId" in found and "evseId" not in found:
        raise bad_input("connectorId", "a connector is one of an EVSE: name the evseId too")
    return found
