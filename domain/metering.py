"""From samples to energy. Pure functions; energy is integer Wh, power W, current A, voltage V, state of charge percent.

A transaction's energy is the difference of two readings of one register. Which two, in order of trust: the samples
marked Transaction.Begin and Transaction.End; 1.6 meterStart and meterStop; the earliest and latest sample; the sum of
interval values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from domain.values import MeterReading, SampledValue

IMPORT_REGISTER = "Energy.Active.Import.Register"
IMPORT_INTERVAL = "Energy.Active.Import.Interval"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"
STATE_OF_CHARGE = "SoC"

_TO_BASE_UNIT = {"kWh": 1000, "kW": 1000, "kvarh": 1000, "kvar": 1000, "kVA": 1000}
_PHASES = frozenset({"L1", "L2", "L3"})
_WATCHED = (IMPORT_REGISTER, POWER, STATE_OF_CHARGE, CURRENT, VOLTAGE)
_ADD_UP = frozenset({IMPORT_REGISTER, POWER})


def in_base_unit(sample: SampledValue) -> Decimal | None:
    """The value in Wh, W, VA or whatever its unit is without `k`; None for a value that is only signed data."""
    if sample.value is None:
        return None
    factor = _TO_BASE_UNIT.get(sample.unit)
    return sample.value if factor is None else sample.value * factor


class Series(NamedTuple):
    """What people watch of a reading; None where it says nothing of it."""

    register_wh: Decimal | None
    power_w: Decimal | None
    soc_percent: Decimal | None
    current_a: Decimal | None
    voltage_v: Decimal | None


def series(reading: MeterReading) -> Series:
    """One value of each kind: the one without a phase, else energy and power added over the phases, the rest the
    highest.
    """
    whole: dict[str, Decimal] = {}
    phases: dict[str, Decimal] = {}
    for sample in reading.values:
        measurand = sample.measurand
        if measurand not in _WATCHED or (measurand == IMPORT_REGISTER and sample.location != "Outlet"):
            continue
        value = in_base_unit(sample)
        if value is None:
            continue
        if sample.phase is None:
            whole.setdefault(measurand, value)
        elif sample.phase in _PHASES or measurand not in _ADD_UP:
            known = phases.get(measurand)
            phases[measurand] = value if known is None else known + value if measurand in _ADD_UP else max(known, value)
    return Series(*(whole.get(measurand, phases.get(measurand)) for measurand in _WATCHED))


def total(reading: MeterReading, measurand: str) -> Decimal | None:
    """An amount of energy in a reading at the outlet: the value without a phase, else the sum over L1 to L3, else
    None.
    """
    phases: Decimal | None = None
    for sample in reading.values:
        if sample.measurand != measurand or sample.location != "Outlet":
            continue
        value = in_base_unit(sample)
        if value is None:
            continue
        if sample.phase is None:
            return value
        if sample.phase in _PHASES:
            phases = value if phases is None else phases + value
    return phases


def whole_wh(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy of a transaction in Wh, and the readings it rests on: registers in Wh and the rule that chose them."""

    wh: int
    source: str
    start_wh: Decimal | None = None
    stop_wh: Decimal | None = None
    implausible: bool = False


def may_follow(at: datetime, wh: Decimal, later: datetime, later_wh: Decimal) -> bool:
    """Whether a register can have gone from one value to the other in the time, whatever the station."""
    return 0 <= later_wh - wh <= 1 + _MOST_WH_A_SECOND * int((later - at).total_seconds())


_MOST_WH_A_SECOND = 300
"""Of a station of a megawatt, and a little more."""
_ENERGY_UNITS = frozenset({"Wh", "kWh"})


def _plain(sample: SampledValue) -> Decimal | None:
    """The register of the whole outlet in Wh, unsigned; None for any other."""
    if sample.phase is not None or sample.location != "Outlet" or sample.signed is not None:
        return None
    return None if sample.unit not in _ENERGY_UNITS else in_base_unit(sample)


@dataclass(slots=True)
class Register:
    """What has to be remembered of a transaction's samples to know its energy, in whatever order they arrive."""

    meter_start: Decimal | None = None
    meter_stop: Decimal | None = None
    begin_at: datetime | None = None
    begin: Decimal | None = None
    end_at: datetime | None = None
    end: Decimal | None = None
    first_at: datetime | None = None
    first: Decimal | None = None
    last_at: datetime | None = None
    last: Decimal | None = None
    interval_sum: Decimal | None = None
    odd: bool = field(default=False, compare=False)
    """Whether there may be more to these samples than one register that rises from the first to the last; it is not if
    they came in another order.
    """

    def observe(self, readings: Iterable[MeterReading]) -> None:
        for reading in readings:
            registers = [sample for sample in reading.values if sample.measurand == IMPORT_REGISTER]
            if len(registers) == 1 and (plain := _plain(registers[0])) is not None:
                self._observe_register(reading.at, plain, registers[0].context)
            elif (value := total(reading, IMPORT_REGISTER)) is not None:
                self.odd = True
                self._observe_register(reading.at, value, registers[0].context)
            elif registers:
                self.odd = True
            elif (interval := total(reading, IMPORT_INTERVAL)) is not None:
                self.interval_sum, self.odd = interval + (self.interval_sum or 0), True

    def _observe_register(self, at: datetime, value: Decimal, context: str) -> None:
        told = at, value
        if context == "Transaction.Begin":
            if self.begin_at is None or self.begin is None or told < (self.begin_at, self.begin):
                self.begin_at, self.begin = told
        elif context == "Transaction.End" and (
            self.end_at is None or self.end is None or told > (self.end_at, self.end)
        ):
            self.end_at, self.end = told
        # Of two samples at the same time the lower is the first and the higher the last, whichever arrived first.
        if self.first_at is None or self.first is None or self.last_at is None or self.last is None:
            self.first_at, self.first = self.last_at, self.last = told
        elif told > (self.last_at, self.last):
            self.odd = self.odd or not may_follow(self.last_at, self.last, at, value)
            self.last_at, self.last = told
        else:
            self.odd = True
            if told < (self.first_at, self.first):
                self.first_at, self.first = told

    def energy(self) -> Energy:
        if self.begin is not None and self.end is not None:
            return _difference(self.begin, self.end, "transaction-registers")
        if self.meter_start is not None and self.meter_stop is not None:
            return _difference(self.meter_start, self.meter_stop, "meter-start-stop")
        start = next((v for v in (self.begin, self.meter_start, self.first) if v is not None), None)
        stop = next((v for v in (self.end, self.meter_stop, self.last) if v is not None), None)
        if start is not None and stop is not None:
            return _difference(start, stop, "sampled-registers")
        if self.interval_sum is not None:
            return Energy(whole_wh(self.interval_sum), "intervals")
        return Energy(0, "none", start, stop)


def _difference(start: Decimal, stop: Decimal, source: str) -> Energy:
    """A register that runs backwards bills nothing by itself; it is marked for a person to look at."""
    wh = whole_wh(stop - start)
    return Energy(max(wh, 0), source, start, stop, implausible=wh < 0)
