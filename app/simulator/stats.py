"""What the fleet did: the truth the server's books can be held against."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FinishedSession:
    """A transaction whose last message was answered by the server."""

    station: str
    version: str
    connector: int
    """1.6 connector id, 2.0.1 EVSE id."""
    transaction_id: str
    """-1 if the server never gave one (1.6)."""
    id_token: str | None
    """None: plugged in and never authorised (2.0.1)."""
    meter_start_wh: int
    meter_stop_wh: int
    started_at: datetime
    ended_at: datetime
    reason: str

    @property
    def energy_wh(self) -> int:
        return self.meter_stop_wh - self.meter_start_wh


@dataclass(slots=True)
class StationSnapshot:
    id: str
    version: str
    state: str = "offline"
    power_w: float = 0.0
    energy_wh: float = 0.0
    """Since the fleet started."""
    sessions: int = 0


@dataclass(slots=True)
class FleetStats:
    connected: int = 0
    """Stations with an open socket now."""
    boots: int = 0
    reconnects: int = 0
    refusals: int = 0
    """Handshakes that failed or were declined."""
    sessions_started: int = 0
    sessions_ended: int = 0
    messages_sent: int = 0
    answers: int = 0
    call_errors: int = 0
    """CALLERRORs, and answers that break the schema."""
    timeouts: int = 0
    dropped: int = 0
    """Transaction messages given up after repeated errors: the server's books will differ."""
    commands: int = 0
    energy_wh: float = 0.0
    waiting: int = 0
    """Transaction messages not yet answered."""
    finished: list[FinishedSession] = field(default_factory=list)
    stations: dict[str, StationSnapshot] = field(default_factory=dict)
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=50))
