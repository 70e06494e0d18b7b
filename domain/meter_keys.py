"""The public keys of a station's meters that an operator trusts, because he has them from elsewhere.

Stream `meter-keys:<station>`. A key stays trusted when another is set: what an exchanged meter has signed is still
checked with the key that it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import Aggregate, DomainEvent
from domain.signed_containers import fingerprint, public_key
from domain.streams import METER_KEYS, once


class MeterKeys(Aggregate):
    """EVSE 0 stands for all EVSEs of the station."""

    @dataclass(frozen=True)
    class Set(DomainEvent):
        TOPIC = "meter-keys.set"
        evse_id: int
        public_key: str
        """As it was given."""
        fingerprint: str

    @dataclass(frozen=True)
    class Withdrawn(DomainEvent):
        TOPIC = "meter-keys.withdrawn"
        evse_id: int
        fingerprint: str

    def __init__(self) -> None:
        self.trusted: set[tuple[int, str]] = set()
        """By EVSE and fingerprint."""

    @staticmethod
    def stream(station_id: str) -> str:
        return once(METER_KEYS, station_id)

    def set(self, evse_id: int, key: str, at: datetime) -> None:
        """Raises Unreadable."""
        told = fingerprint(public_key(key))
        if (evse_id, told) not in self.trusted:
            self.trigger_event(MeterKeys.Set, evse_id=evse_id, public_key=key, fingerprint=told, timestamp=at)

    def withdraw(self, evse_id: int, fingerprint: str, at: datetime) -> None:
        if (evse_id, fingerprint) in self.trusted:
            self.trigger_event(MeterKeys.Withdrawn, evse_id=evse_id, fingerprint=fingerprint, timestamp=at)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case MeterKeys.Set():
                self.trusted.add((event.evse_id, event.fingerprint))
            case MeterKeys.Withdrawn():
                self.trusted.discard((event.evse_id, event.fingerprint))
