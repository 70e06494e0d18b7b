"""The meter of one outlet. Its register lives on from session to session and only grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.simulator.vehicle import Outlet, Vehicle

STEP_S = 10.0
BEGIN, PERIODIC, END, TRIGGER = "Transaction.Begin", "Sample.Periodic", "Transaction.End", "Trigger"


@dataclass(frozen=True, slots=True)
class Reading:
    """Wh, W, V and % at one moment; current_a is the current of each phase."""

    at: datetime
    context: str
    energy_wh: int
    power_w: float = 0.0
    current_a: float = 0.0
    voltage_v: float = 0.0
    soc: float | None = None
    phases: int = 0
    """0 for direct current."""


class Meter:
    def __init__(self, register_wh: float) -> None:
        self.register_wh = register_wh
        self.power_w = 0.0

    def advance(self, vehicle: Vehicle, outlet: Outlet, seconds: float) -> None:
        """Let energy flow for so long: the register gains the integral of the power."""
        while seconds > 0.0:
            step = min(STEP_S, seconds)
            before = vehicle.draws(outlet)
            vehicle.take(0.0, step)
            energy_wh = (before + vehicle.draws(outlet)) / 2.0 * step / 3600.0
            vehicle.take(energy_wh, 0.0)
            self.register_wh += energy_wh
            seconds -= step
        self.power_w = vehicle.draws(outlet)

    def read(self, at: datetime, context: str, vehicle: Vehicle | None, outlet: Outlet) -> Reading:
        if vehicle is None:
            return Reading(at, context, int(self.register_wh))
        phases = 0 if outlet.direct else vehicle.phases
        voltage = vehicle.voltage(outlet)
        current = self.power_w / (voltage * max(phases, 1))
        return Reading(at, context, int(self.register_wh), self.power_w, current, voltage, vehicle.soc * 100, phases)
