"""Readings as 1.6 sampledValues (§7.43): every value is a string, there is no multiplier."""

from __future__ import annotations

from typing import Any

from app.simulator.clock import stamp
from app.simulator.meter import Reading


def sampled(reading: Reading, measurand: str, unit: str, value: str, phase: str | None = None) -> dict[str, Any]:
    phased = {"phase": phase} if phase else {}
    return {"value": value, "context": reading.context, "measurand": measurand, "unit": unit, **phased}


def register(reading: Reading) -> dict[str, Any]:
    return sampled(reading, "Energy.Active.Import.Register", "Wh", str(reading.energy_wh))


def register_only(reading: Reading) -> dict[str, Any]:
    """What StopTxnSampledData asks for in transactionData."""
    return {"timestamp": stamp(reading.at), "sampledValue": [register(reading)]}


def meter_value(reading: Reading) -> dict[str, Any]:
    values = [register(reading), sampled(reading, "Power.Active.Import", "W", f"{reading.power_w:.0f}")]
    current, voltage = f"{reading.current_a:.1f}", f"{reading.voltage_v:.1f}"
    phases: list[str | None] = [f"L{n}" for n in range(1, reading.phases + 1)] or [None]
    values += [sampled(reading, "Current.Import", "A", current, phase) for phase in phases]
    if reading.voltage_v:
        values.append(sampled(reading, "Voltage", "V", voltage, "L1-N" if reading.phases else None))
    if reading.soc is not None:
        values.append({**sampled(reading, "SoC", "Percent", f"{reading.soc:.0f}"), "location": "EV"})
    return {"timestamp": stamp(reading.at), "sampledValue": values}
