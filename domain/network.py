"""How stations are told to reach us, in one day: connection profiles by slot, and what stations said to them (B09).

Stream `network:<day>:<station>`. Passwords and keys of APN and VPN never get in here.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.aggregate import DomainEvent
from domain.books import Book


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """Of a station's slot. `message_timeout` in seconds."""

    url: str
    security_profile: int
    interface: str
    message_timeout: int
    apn: str | None = None
    vpn_server: str | None = None
    version: str | None = None
    """As OCPP spells it here: OCPP20 is 2.0.1. None in a wish, which is for any version."""
    transport: str | None = None


class NetworkBook(Book):
    KIND = "network"

    @dataclass(frozen=True)
    class ProfileAnswered(DomainEvent):
        TOPIC = "network.profile-answered"
        slot: int
        profile: NetworkProfile
        outcome: str
