# mypy: disallow_untyped_decorators=false
"""Mutations of stations: registration, credentials, what the next boot is answered."""

from __future__ import annotations

import secrets
from datetime import datetime

import strawberry

from api.graphql.context import Info
from api.graphql.deciding import checked, decide, require_known, within_bounds
from api.graphql.enums import Reconciling, RegistrationStatus
from api.graphql.errors import Refused, UserError, UserErrorCode, bad_input, refusals_as
from api.graphql.stations import Station, station_by_id
from api.graphql.visibility import shown
from domain.credentials import fingerprint
from domain.events import Station as StationRecord
from projections.availability import availability

_WITH_PASSWORD = (1, 2)
_LONGEST_PASSWORD = 64
_VERSIONS = ("1.6", "2.0.1")


@strawberry.input
class RegisterStationInput:
    station_id: strawberry.ID
    security_profile: int = strawberry.field(
        default=1, description="0 open, 1 Basic auth, 2 TLS and Basic auth, 3 client certificate."
    )
    password: str | None = strawberry.field(
        default=None, description="Better left out: then one of 160 random bits is made and shown once."
    )


@strawberry.input
class SetRegistrationStatusInput:
    station_id: strawberry.ID
    status: RegistrationStatus


@strawberry.input(description="What is left out stays as it is.")
class SetStationOptionsInput:
    station_id: strawberry.ID
    lenient: bool | None = strawberry.field(
        default=None, description="Read messages that break the schema as well as can be, instead of refusing them."
    )
    assumed_ocpp_version: str | None = strawberry.field(
        default=strawberry.UNSET, description="For a station that names none when it connects; null assumes nothing."
    )
    reconcile: Reconciling | None = strawberry.field(
        default=None,
        description="ON_BOOT: after each boot, and with a full local list when it refused a change of its list.",
    )


@strawberry.type
class StationPayload:
    station: Station | None = None
    password: str | None = strawberry.field(
        default=None, description="The password that was made. Only shown this once."
    )
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class StationMutations:
    @strawberry.mutation(
        description="Make a station known, or change its credentials. The same input again changes nothing."
    )
    @refusals_as(StationPayload)
    async def register_station(self, info: Info, input: RegisterStationInput) -> StationPayload:
        services = info.context.services
        station_id = checked("stationId", input.station_id)
        made = _made_password(input)
        password = input.password if made is None else made
        credential = fingerprint(services.pepper, station_id, password.encode()) if password is not None else None
        now = services.clock()
        recorded = await decide(
            services,
            StationRecord,
            StationRecord.stream(station_id),
            lambda station: _register(station, input.security_profile, credential, made is not None, now),
        )
        position = await shown(info, recorded, availability)
        return StationPayload(station=await station_by_id(info, station_id), password=made, position=position)

    @strawberry.mutation(description="What the station's next BootNotification is answered.")
    @refusals_as(StationPayload)
    async def set_registration_status(self, info: Info, input: SetRegistrationStatusInput) -> StationPayload:
        services, station_id = info.context.services, input.station_id

        def decision(station: StationRecord) -> None:
            require_known(station, station_id)
            station.set_registration_status(input.status, services.clock())

        recorded = await decide(services, StationRecord, StationRecord.stream(station_id), decision)
        position = await shown(info, recorded, availability)
        return StationPayload(station=await station_by_id(info, station_id), position=position)

    @strawberry.mutation(description="How a station's messages and connections are taken.")
    @refusals_as(StationPayload)
    async def set_station_options(self, info: Info, input: SetStationOptionsInput) -> StationPayload:
        services, station_id, version = info.context.services, input.station_id, input.assumed_ocpp_version
        if version is not strawberry.UNSET and version is not None and version not in _VERSIONS:
            raise bad_input("assumedOcppVersion", f"assumedOcppVersion must be one of {', '.join(_VERSIONS)}")

        def decision(station: StationRecord) -> None:
            require_known(station, station_id)
            station.set_options(
                lenient=station.lenient if input.lenient is None else input.lenient,
                assumed_version=station.assumed_version if version is strawberry.UNSET else version,
                reconcile=station.reconcile if input.reconcile is None else input.reconcile,
                at=services.clock(),
            )

        recorded = await decide(services, StationRecord, StationRecord.stream(station_id), decision)
        position = await shown(info, recorded, availability)
        return StationPayload(station=await station_by_id(info, station_id), position=position)


def _made_password(input: RegisterStationInput) -> str | None:
    """A new password where the profile needs one and none was given: 40 hex digits fit 1.6 and 2.x stations alike."""
    within_bounds("securityProfile", input.security_profile, 0, 3)
    if input.security_profile not in _WITH_PASSWORD:
        if input.password is not None:
            raise bad_input("password", f"security profile {input.security_profile} knows no password")
        return None
    if input.password is None:
        return secrets.token_hex(20)
    checked("password", input.password, _LONGEST_PASSWORD)
    return None


def _register(station: StationRecord, profile: int, credential: str | None, made: bool, at: datetime) -> None:
    if station.exists and made:
        message = "the station is registered already and keeps its password; give one to change it"
        raise Refused(UserErrorCode.ALREADY_REGISTERED, message, "stationId")
    station.register(security_profile=profile, credential=credential, at=at)
