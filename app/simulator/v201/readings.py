"""Readings as 2.0.1 sampledValues (J02): numbers, with their unit."""

from __future__ import annotations

from typing import Any

from app.simulator.clock import stamp
from app.simulator.meter import Reading


def sampled(reading: Reading, measurand: str, unit: str, value: float, phase: str | None = None) -> dict[str, Any]:
    phased = {"phase": phase} if phase else {}
    context = {"context": reading.context, "measurand": measurand, "unitOfMeasure": {"unit": unit}}
    return {"value": value, **context, **phased}


def register_only(reading: Reading) -> dict[str, Any]:
    register = sampled(reading, "Energy.Active.Import.Register", "Wh", reading.energy_wh)
    return {"timestamp": stamp(reading.at), "sampledValue": [register]}


def meter_value(reading: Reading) -> dict[str, Any]:
    value = register_only(reading)
    values = value["sampledValue"]
    values.append(sampled(reading, "Power.Active.Import", "W", round(reading.power_w)))
    current, voltage = round(reading.current_a, 1), round(reading.voltage_v, 1)
    phases: list[str | None] = [f"L{n}" for n in range(1, reading.phases + 1)] or [None]
    values += [sampled(reading, "Current.Import", "A", current, phase) for phase in phases]
    if reading.voltage_v:
        values.append(sampled(reading, "Voltage", "V", voltage, "L1-N" if reading.phases else None))
    if reading.soc is not None:
        values.append({**sampled(reading, "SoC", "Percent", round(reading.soc)), "location": "EV"})
    return value
