"""What is plugged together: an outlet of a station and the vehicle of a driver."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

RAMP_S = 30.0
"""Seconds until a vehicle draws all it can."""
TAPER_FROM = 0.8
"""State of charge above which a vehicle draws less and less."""
TAPER_FLOOR = 0.1
EFFICIENCY = 0.92
"""What reaches the battery of what passes the meter."""
PHASE_V = 230.0


@dataclass(frozen=True, slots=True)
class Outlet:
    power_w: float
    direct: bool = False
    connector: str = "cType2"

    @property
    def name(self) -> str:
        return f"{'DC' if self.direct else 'AC'} {self.power_w / 1000:.0f} kW"


OUTLETS = (
    Outlet(11_000),
    Outlet(22_000),
    Outlet(50_000, direct=True, connector="cCCS2"),
    Outlet(150_000, direct=True, connector="cCCS2"),
)
OUTLET_WEIGHTS = (40, 30, 15, 15)


@dataclass(slots=True)
class Vehicle:
    battery_wh: float = 60_000.0
    soc: float = 0.3
    target: float = 0.9
    ac_w: float = 11_000.0
    dc_w: float = 120_000.0
    phases: int = 3
    charging_s: float = 0.0

    @classmethod
    def drawn(cls, rng: Random) -> Vehicle:
        ac_w, phases = rng.choice(((11_000.0, 3), (11_000.0, 3), (22_000.0, 3), (7_400.0, 1), (3_700.0, 1)))
        return cls(
            battery_wh=rng.choice((40_000.0, 58_000.0, 77_000.0, 100_000.0)),
            soc=rng.uniform(0.1, 0.7),
            target=rng.choice((0.8, 0.9, 1.0)),
            ac_w=ac_w,
            dc_w=rng.choice((50_000.0, 100_000.0, 170_000.0, 250_000.0)),
            phases=phases,
        )

    @property
    def full(self) -> bool:
        return self.soc >= self.target

    def draws(self, outlet: Outlet) -> float:
        """W at this moment: ramps up, holds, and tapers above 80 %."""
        if self.full:
            return 0.0
        most = min(outlet.power_w, self.dc_w if outlet.direct else self.ac_w)
        over = max(0.0, self.soc - TAPER_FROM) / (1.0 - TAPER_FROM)
        return most * min(1.0, self.charging_s / RAMP_S) * max(TAPER_FLOOR, 1.0 - over)

    def take(self, energy_wh: float, seconds: float) -> None:
        self.soc = min(1.0, self.soc + energy_wh * EFFICIENCY / self.battery_wh)
        self.charging_s += seconds

    def voltage(self, outlet: Outlet) -> float:
        return 350.0 + 80.0 * self.soc if outlet.direct else PHASE_V
