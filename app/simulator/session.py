"""One visit of a driver at a connector, from plug to unplug, in words of no OCPP version."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

from app.simulator.meter import Reading
from app.simulator.vehicle import Vehicle


class State(StrEnum):
    """The 1.6 status model; 2.0.1 tells less of it."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class Cause(Enum):
    """Why a session ended."""

    LOCAL = "the driver's token"
    REMOTE = "remote stop"
    UNPLUGGED = "the cable was pulled"
    DEAUTHORIZED = "token refused"
    SOFT_RESET = "soft reset"
    HARD_RESET = "hard reset"
    UNLOCKED = "connector unlocked"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to charge; a remote start carries the server's remoteStartId in 2.0.1."""

    id_token: str
    remote: bool = False
    remote_start_id: int | None = None


@dataclass(slots=True)
class Session:
    connector: int
    vehicle: Vehicle
    wish: Wish | None = None
    plugged: bool = False
    authorized: bool = False
    charging: bool = False
    transaction_id: str | int | None = None
    """2.0.1: chosen by us. 1.6: None until StartTransaction is answered."""
    seq_no: int = 0
    readings: list[Reading] = field(default_factory=list)
    started_at: datetime | None = None
    cause: Cause | None = None
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def driver(self) -> Wish:
        if self.wish is None:
            raise LookupError("nobody asked to charge yet")
        return self.wish

    def stop(self, cause: Cause) -> None:
        """Ask for the end; the first cause wins."""
        if self.cause is None:
            self.cause = cause
        self.stopped.set()
