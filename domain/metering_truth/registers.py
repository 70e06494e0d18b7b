"""One register out of all that readings tell: same measurand, same location, the total or all phases added up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.metering import CURRENT, IMPORT_INTERVAL, IMPORT_REGISTER, POWER, in_base_unit
from domain.metering_truth.truth import Doubt, Finding, Point
from domain.rating import Sample
from domain.values import MeterReading

BEGIN, END = "Transaction.Begin", "Transaction.End"
_LOCATIONS = ("Outlet", "Cable", "Inlet", "EV", "Body")
"""In order of preference. Values of different locations are never compared."""
_PHASES = (("L1", "L2", "L3"), ("L1-N", "L2-N", "L3-N"))
_ENERGY_UNITS = frozenset({"Wh", "kWh"})


class _Told(NamedTuple):
    at: datetime
    value: Decimal
    mark: str
    signed: bool


Channels = dict[tuple[str, str | None], list[_Told]]
"""By location and phase."""


def registers(readings: Iterable[MeterReading]) -> list[Point]:
    return _in_order(_energy(readings, IMPORT_REGISTER))


def intervals(readings: Iterable[MeterReading]) -> list[Point]:
    """Amounts, not registers: what flowed until each moment since the one before."""
    return _in_order(_energy(readings, IMPORT_INTERVAL))


def powers(readings: Iterable[MeterReading]) -> list[Sample]:
    """Power in W and current in A, over all phases."""
    readings = list(readings)
    watts = {told.at: told.value for told in _one_channel(_channels(readings, POWER))}
    amperes = {told.at: told.value for told in _one_channel(_channels(readings, CURRENT))}
    return [Sample(at, None, watts.get(at), amperes.get(at)) for at in sorted(watts.keys() | amperes.keys())]


def not_numbers(readings: Iterable[MeterReading]) -> list[Finding]:
    return [
        Finding(Doubt.NOT_A_NUMBER, "an energy register without a number", reading.at)
        for reading in readings
        for sample in reading.values
        if sample.measurand == IMPORT_REGISTER and sample.value is None and sample.signed is None
    ]


def _energy(readings: Iterable[MeterReading], measurand: str) -> set[Point]:
    return {Point(*told) for told in _one_channel(_channels(readings, measurand))}


def _in_order(points: set[Point]) -> list[Point]:
    rank = {BEGIN: 0, END: 2}
    return sorted(points, key=lambda point: (point.at, rank.get(point.mark, 1), point.wh, point.signed))


def _channels(readings: Iterable[MeterReading], measurand: str) -> Channels:
    channels: Channels = {}
    for reading in readings:
        for sample in reading.values:
            value = in_base_unit(sample)
            if sample.measurand != measurand or value is None or not value.is_finite():
                continue
            if measurand.startswith("Energy") and sample.unit not in _ENERGY_UNITS:
                continue
            mark = sample.context if sample.context in (BEGIN, END) else ""
            told = _Told(reading.at, value, mark, sample.signed is not None)
            channels.setdefault((sample.location, sample.phase), []).append(told)
    return channels


def _one_channel(channels: Channels) -> list[_Told]:
    """Of the best location the total; the sum over its phases where that is told more often."""
    for location in _LOCATIONS:
        total = channels.get((location, None), [])
        added = max([_added(channels, location, phases) for phases in _PHASES], key=len)
        if total or added:
            return total if len(total) >= min(2, len(added)) else added
    return []


def _added(channels: Channels, location: str, phases: tuple[str, ...]) -> list[_Told]:
    """Only where all phases are told that are ever told."""
    used = [channels[location, phase] for phase in phases if (location, phase) in channels]
    if not used:
        return []
    by_moment = [{(told.at, told.mark): told for told in phase} for phase in used]
    whole = set.intersection(*[set(phase) for phase in by_moment])
    return [
        _Told(at, sum([phase[at, mark].value for phase in by_moment], Decimal(0)), mark, False) for at, mark in whole
    ]
