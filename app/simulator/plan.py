"""What a fleet shall be and do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Version = Literal["1.6", "2.0.1"]


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Sessions run in simulated seconds; boot and heartbeat intervals, back-off and timeouts in seconds of the wall.

    The same seed gives the same stations, vehicles and registers; transaction ids are new in every run.
    """

    url: str = "ws://127.0.0.1:9000"
    stations: int = 10
    version: Literal["1.6", "2.0.1", "mixed"] = "mixed"
    speed: float = 60.0
    chaos: float = 0.0
    seed: int = 1
    prefix: str = "SIM"
    password: str | Callable[[str], str] | None = None
    """One for all, or a function from the station's id; None connects without Basic auth."""
    id_tokens: tuple[str, ...] = ()
    """Valid tokens, at most 20 characters each. Empty: two made up per station, see `tokens()`."""
    invalid_tokens: float = 0.04
    """Share of drivers whose token nobody knows."""
    meter_interval: float = 60.0
    sessions: int | None = None
    """Per connector; None is for ever, 0 only remote starts until stopped."""
    idle: float = 900.0
    """Mean pause between two sessions."""
    stay: float = 5400.0
    """Mean time at an AC outlet; a third of it at DC."""
    duration: float | None = None
    """Wall seconds; None until the sessions are done or `stop` is set."""
    timeout: float = 30.0
    """Wall seconds a station waits for an answer."""
    retry: float = 1.0
    """Wall seconds of the first back-off, doubled up to 32 times that."""
    arrivals: float = 50.0
    """Stations that connect per second at the start."""
    strict: bool = False
    """Check every message and answer against the schemas; otherwise the first of each action per station."""

    def names(self) -> list[str]:
        return [f"{self.prefix}-{n:04d}" for n in range(1, self.stations + 1)]

    def version_of(self, index: int) -> Version:
        if self.version == "mixed":
            return "2.0.1" if index % 2 else "1.6"
        return self.version

    def tokens(self) -> tuple[str, ...]:
        """Every token the server has to accept."""
        return self.id_tokens or tuple(f"04{self.seed % 0xFFFF:04X}{n:08X}" for n in range(1, 2 * self.stations + 1))

    def password_of(self, station: str) -> str | None:
        return self.password(station) if callable(self.password) else self.password
