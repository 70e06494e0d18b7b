# mypy: disallow_untyped_decorators=false
"""How stations are told to reach us: connection profiles by slot, and which slots they are to try first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.context import Info
from api.graphql.deciding import checked, within_bounds
from api.graphql.errors import bad_input, refusals_as
from api.graphql.scalars import INT_MAX, whole
from api.graphql.visibility import at_least
from api.sealing import seal
from domain.network import NetworkProfile as Profile
from projections.network_profiles import NetworkProfileRow, network_profiles, network_profiles_of

_LONGEST_URL = 512
_LONGEST_KEY = 255
_LONGEST_NAME = 20
_LONGEST_NETWORK = 6
_LONGEST_KEY = 255
_MOST_SLOTS = 100
_SECRETS = frozenset({"apnPassword", "simPin", "password", "key", "basicAuthPassword"})


@strawberry.enum(description="2.x OCPPInterfaceEnumType.")
class NetworkInterface(Enum):
    Wired0 = "Wired0"
    Wired1 = "Wired1"
    Wired2 = "Wired2"
    Wired3 = "Wired3"
    Wireless0 = "Wireless0"
    Wireless1 = "Wireless1"
    Wireless2 = "Wireless2"
    Wireless3 = "Wireless3"


@strawberry.enum(description="2.x APNAuthenticationEnumType.")
class ApnAuthentication(Enum):
    AUTO = "AUTO"
    CHAP = "CHAP"
    NONE = "NONE"
    PAP = "PAP"


@strawberry.enum(description="2.x VPNEnumType.")
class VpnType(Enum):
    IKEv2 = "IKEv2"
    IPSec = "IPSec"
    L2TP = "L2TP"
    PPTP = "PPTP"


@strawberry.type(description="How a station reaches a CSMS. Secrets of APN and VPN are not shown.")
class NetworkProfile:
    url: str
    security_profile: int
    interface: str
    message_timeout_seconds: int
    version: str | None = strawberry.field(description="As OCPP spells it: OCPP20 is 2.0.1.")
    transport: str | None
    apn: str | None
    vpn_server: str | None

    @classmethod
    def of(cls, profile: Profile) -> NetworkProfile:
        return cls(
            url=profile.url,
            security_profile=whole(profile.security_profile),
            interface=profile.interface,
            message_timeout_seconds=whole(profile.message_timeout),
            version=profile.version,
            transport=profile.transport,
            apn=profile.apn,
            vpn_server=profile.vpn_server,
        )


@strawberry.type(description="What a slot of a station was to hold, and what it holds as far as the station said.")
class NetworkSlot:
    slot: int
    desired: NetworkProfile | None = strawberry.field(description="Asked for last, whatever became of it.")
    confirmed: NetworkProfile | None = strawberry.field(description="Accepted last.")
    outcome: str | None = strawberry.field(description="What the station said to the last one that it answered.")
    asked_at: datetime | None
    answered_at: datetime | None

    @classmethod
    def of(cls, row: NetworkProfileRow) -> NetworkSlot:
        return cls(
            slot=whole(row.slot),
            desired=NetworkProfile.of(row.wanted) if row.wanted else None,
            confirmed=NetworkProfile.of(row.taken) if row.taken else None,
            outcome=row.outcome,
            asked_at=row.asked_at,
            answered_at=row.answered_at,
        )


@strawberry.type
class NetworkProfileQueries:
    @strawberry.field(
        description="The slots of a station. Which it tries first is OCPPCommCtrlr.NetworkConfigurationPriority in its"
        " `deviceModel`."
    )
    async def network_profiles(
        self, info: Info, station_id: strawberry.ID, at_least_position: str | None = None
    ) -> list[NetworkSlot]:
        await at_least(info, at_least_position, network_profiles)
        return [NetworkSlot.of(row) for row in await network_profiles_of(info.context.pool, station_id)]


@strawberry.input(description="The access point of a mobile network.")
class ApnInput:
    apn: str
    authentication: ApnAuthentication
    user_name: str | None = None
    password: str | None = None
    preferred_network: str | None = None
    use_only_preferred_network: bool | None = None


@strawberry.input
class VpnInput:
    server: str
    user: str
    password: str
    key: str
    type: VpnType
    group: str | None = None


@strawberry.input
class SetNetworkProfileInput(StationRequest):
    slot: int
    url: str = strawberry.field(description="Of the CSMS, without the station's id: it adds that itself.")
    security_profile: int
    interface: NetworkInterface
    message_timeout_seconds: int = 30
    apn: ApnInput | None = None
    vpn: VpnInput | None = None


@strawberry.input
class SetNetworkPriorityInput(StationRequest):
    slots: list[int] = strawberry.field(description="The slots to try, in this order.")


@strawberry.type
class NetworkProfileMutations:
    @strawberry.mutation(
        description="Put a connection profile into a slot of a 2.x station. It is used once the slot has priority."
    )
    @refusals_as(CommandPayload)
    async def set_network_profile(self, info: Info, input: SetNetworkProfileInput) -> CommandPayload:
        within_bounds("slot", input.slot, 0, INT_MAX)
        within_bounds("securityProfile", input.security_profile, 0, 3)
        within_bounds("messageTimeoutSeconds", input.message_timeout_seconds, 1, INT_MAX)
        if not input.url.startswith(("ws://", "wss://")):
            raise bad_input("url", "url must begin with ws:// or wss://")
        payload: dict[str, Any] = {
            "slot": input.slot,
            "url": checked("url", input.url, _LONGEST_URL),
            "securityProfile": input.security_profile,
            "interface": input.interface.value,
            "messageTimeout": input.message_timeout_seconds,
        }
        seal_up = partial(_sealed, info.context.services.pepper, input.station_id)
        if input.apn is not None:
            payload["apn"] = _apn(input.apn, seal_up)
        if input.vpn is not None:
            payload["vpn"] = _vpn(input.vpn, seal_up)
        return await ask(info, input, "SetNetworkProfile", payload)

    @strawberry.mutation(
        description="Have a 2.x station try these slots first. If the first has a higher security profile, no lower one"
        " lets the station in once it has come with it."
    )
    @refusals_as(CommandPayload)
    async def set_network_priority(self, info: Info, input: SetNetworkPriorityInput) -> CommandPayload:
        within_bounds("slots", len(input.slots), 1, _MOST_SLOTS)
        for slot in input.slots:
            within_bounds("slots", slot, 0, INT_MAX)
        variable = {"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority"}
        change = variable | {"value": ",".join(map(str, input.slots))}
        return await ask(info, input, "SetVariables", {"variables": [change]})


def tells_secrets(action: str, payload: dict[str, Any]) -> bool:
    """Whether a request in a station's own words would bring the secrets of a network into the journal."""
    data = payload.get("connectionData")
    if action != "SetNetworkProfile" or not isinstance(data, dict):
        return False
    ways = [data, *(way for name in ("apn", "vpn") if isinstance(way := data.get(name), dict))]
    return any(way.keys() & _SECRETS for way in ways)


SealUp = Callable[[str, str, int], str]


def _sealed(pepper: bytes, station_id: str, field: str, secret: str, longest: int) -> str:
    return seal(pepper, station_id, _text(field, secret, longest))


def _text(field: str, text: str, longest: int) -> str:
    if not text.isascii():
        raise bad_input(field, f"{field} must be ASCII")
    return checked(field, text, longest)


def _apn(apn: ApnInput, seal_up: SealUp) -> dict[str, Any]:
    """In the wire's words."""
    words: dict[str, Any] = {
        "apn": checked("apn", apn.apn, _LONGEST_URL),
        "apnAuthentication": apn.authentication.value,
    }
    if apn.user_name is not None:
        words["apnUserName"] = checked("userName", apn.user_name, _LONGEST_NAME)
    if apn.password is not None:
        words["apnPassword"] = seal_up("password", apn.password, _LONGEST_NAME)
    if apn.preferred_network is not None:
        words["preferredNetwork"] = checked("preferredNetwork", apn.preferred_network, _LONGEST_NETWORK)
    if apn.use_only_preferred_network is not None:
        words["useOnlyPreferredNetwork"] = apn.use_only_preferred_network
    return words


def _vpn(vpn: VpnInput, seal_up: SealUp) -> dict[str, Any]:
    words: dict[str, Any] = {
        "server": checked("server", vpn.server, _LONGEST_URL),
        "user": checked("user", vpn.user, _LONGEST_NAME),
        "password": seal_up("password", vpn.password, _LONGEST_NAME),
        "key": seal_up("key", vpn.key, _LONGEST_KEY),
        "type": vpn.type.value,
    }
    if vpn.group is not None:
        words["group"] = checked("group", vpn.group, _LONGEST_NAME)
    return words
