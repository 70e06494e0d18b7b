"""SetNetworkProfile: how a station is to reach us, put into one of its slots (2.0.1 B09).

Typed payload: `slot`, `url`, `securityProfile`, `interface`, `messageTimeout`, `apn`?, `vpn`? in the wire's words,
their secrets sealed. The profile counts once its slot has priority (OCPPCommCtrlr.NetworkConfigurationPriority).
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.sealed import Sealed
from api.ocpp.session import StationSession
from domain.network import NetworkBook, NetworkProfile

_VERSION = "OCPP20"
"""There is no word for 2.0.1 in 2.0.1 itself."""
_SECRETS = ("apnPassword", "password", "key")


@sent("SetNetworkProfile", "2.0.1")
def set_network_profile(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    data: dict[str, Any] = {
        "ocppVersion": _VERSION,
        "ocppTransport": "JSON",
        "ocppCsmsUrl": typed["url"],
        "messageTimeout": typed["messageTimeout"],
        "securityProfile": typed["securityProfile"],
        "ocppInterface": typed["interface"],
    }
    for way in ("apn", "vpn"):
        if way in typed:
            data[way] = {key: Sealed(v) if key in _SECRETS else v for key, v in typed[way].items()}
    return "SetNetworkProfile", {"configurationSlot": typed["slot"], "connectionData": data}


@answered("SetNetworkProfile", "2.0.1")
async def profile_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    slot, data = wire.integer(request["configurationSlot"]), request["connectionData"]
    profile = NetworkProfile(
        url=data["ocppCsmsUrl"],
        security_profile=data["securityProfile"],
        interface=data["ocppInterface"],
        message_timeout=data["messageTimeout"],
        version=data["ocppVersion"],
        transport=data["ocppTransport"],
        apn=data.get("apn", {}).get("apn"),
        vpn_server=data.get("vpn", {}).get("server"),
    )
    book = await session.book(NetworkBook)
    book.trigger_event(
        NetworkBook.ProfileAnswered, slot=slot, profile=profile, outcome=response["status"], timestamp=session.now
    )
    if response["status"] == "Accepted":
        await session.refresh()
        session.station.take_network_profile(slot, profile.security_profile, session.now)
