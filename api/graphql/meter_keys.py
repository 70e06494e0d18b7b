# mypy: disallow_untyped_decorators=false
"""Public keys of meters, with which what they have signed is checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import strawberry

from api.graphql.context import Info
from api.graphql.deciding import decide, require_known, within_bounds
from api.graphql.errors import UserError, bad_input, refusals_as
from api.graphql.visibility import at_least, shown
from domain.events import MeterKeys, Station
from domain.journal import load
from domain.ocmf import Unreadable
from domain.signed_containers import fingerprint, public_key
from domain.signed_verdict import CannotVerify
from projections.configuration import configuration
from projections.meter_keys import meter_keys, meter_keys_of, reported_meter_keys

_LONGEST_KEY = 2500
_HIGHEST_EVSE = 10_000


@strawberry.type
class MeterKey:
    station_id: strawberry.ID
    evse_id: int = strawberry.field(description="0: of all EVSEs of the station.")
    public_key: str = strawberry.field(description="As it was given, or as the station reports it.")
    fingerprint: str | None = strawberry.field(description="SHA-256 of the key, in hex; null if it cannot be read.")
    trusted: bool = strawberry.field(
        description="Whether it was set by setMeterKey. A key that a station reports is only shown."
    )
    reported: bool = strawberry.field(description="Whether the station names it in its configuration.")
    set_at: datetime | None


@strawberry.input
class SetMeterKeyInput:
    station_id: strawberry.ID
    evse_id: int = strawberry.field(default=0, description="0: of all EVSEs of the station.")
    public_key: str = strawberry.field(
        description="PEM, or DER in hex or base64, also as `oca:base16:asn1:…`: from the meter's plate or its maker."
    )


@strawberry.input
class WithdrawMeterKeyInput:
    station_id: strawberry.ID
    evse_id: int = 0
    fingerprint: str


@strawberry.type
class MeterKeysPayload:
    meter_keys: list[MeterKey] = strawberry.field(
        default_factory=list, description="Those of the station that are trusted."
    )
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class MeterKeyQueries:
    @strawberry.field(description="Keys of a station's meters: those that are trusted, and those that it reports.")
    async def meter_keys(
        self, info: Info, station_id: strawberry.ID, at_least_position: str | None = None
    ) -> list[MeterKey]:
        await at_least(info, at_least_position, meter_keys, configuration)
        told = await reported_meter_keys(info.context.pool, station_id)
        reported = [(evse_id, key, _fingerprint(key)) for evse_id, key in told]
        keys = await _trusted(info, station_id)
        for key in keys:
            key.reported = any((key.evse_id, key.fingerprint) == (evse_id, mark) for evse_id, _, mark in reported)
        known = {(key.evse_id, key.fingerprint) for key in keys}
        return keys + [
            MeterKey(
                station_id=station_id,
                evse_id=evse_id,
                public_key=key,
                fingerprint=mark,
                trusted=False,
                reported=True,
                set_at=None,
            )
            for evse_id, key, mark in reported
            if (evse_id, mark) not in known
        ]


@strawberry.type
class MeterKeyMutations:
    @strawberry.mutation(
        description="Trust a meter's public key. Those set before stay trusted, for what was signed with them."
    )
    @refusals_as(MeterKeysPayload)
    async def set_meter_key(self, info: Info, input: SetMeterKeyInput) -> MeterKeysPayload:
        services, station_id = info.context.services, input.station_id
        within_bounds("evseId", input.evse_id, 0, _HIGHEST_EVSE)
        if len(input.public_key) > _LONGEST_KEY:
            raise bad_input("publicKey", f"publicKey must be at most {_LONGEST_KEY} characters")
        try:
            services.signatures.require_key(public_key(input.public_key))
        except (Unreadable, CannotVerify) as error:
            raise bad_input("publicKey", f"publicKey cannot be used: {error}") from error
        return await _decided(
            info, station_id, lambda keys: keys.set(input.evse_id, input.public_key, services.clock())
        )

    @strawberry.mutation(description="Trust a meter's public key no more, for nothing that was signed with it.")
    @refusals_as(MeterKeysPayload)
    async def withdraw_meter_key(self, info: Info, input: WithdrawMeterKeyInput) -> MeterKeysPayload:
        services, mark = info.context.services, input.fingerprint.lower()

        def decision(keys: MeterKeys) -> None:
            if (input.evse_id, mark) not in keys.trusted:
                raise bad_input("fingerprint", "no such key is trusted there")
            keys.withdraw(input.evse_id, mark, services.clock())

        return await _decided(info, input.station_id, decision)


async def _decided(info: Info, station_id: str, decision: Callable[[MeterKeys], None]) -> MeterKeysPayload:
    services = info.context.services
    require_known(await load(services.journal, Station, Station.stream(station_id)), station_id)
    recorded = await decide(services, MeterKeys, MeterKeys.stream(station_id), decision)
    position = await shown(info, recorded, meter_keys)
    return MeterKeysPayload(meter_keys=await _trusted(info, station_id), position=position)


async def _trusted(info: Info, station_id: str) -> list[MeterKey]:
    rows = await info.context.load(meter_keys_of, station_id) or []
    return [
        MeterKey(
            station_id=strawberry.ID(row.station_id),
            evse_id=row.evse_id,
            public_key=row.public_key,
            fingerprint=row.fingerprint,
            trusted=True,
            reported=False,
            set_at=row.set_at,
        )
        for row in rows
    ]


def _fingerprint(key: str) -> str | None:
    try:
        return fingerprint(public_key(key))
    except Unreadable:
        return None
