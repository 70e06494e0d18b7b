from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering import Register, Series, in_base_unit, series, total, whole_wh
from domain.values import MeterReading, SampledValue, SignedValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
INTERVAL = "Energy.Active.Import.Interval"


def sample(value: float | str | None, **more: Any) -> SampledValue:
    return SampledValue(None if value is None else Decimal(str(value)), **more)


def reading(*samples: SampledValue, minute: int = 0) -> MeterReading:
    return MeterReading(NOON + timedelta(minutes=minute), samples)


def register(minute: int, wh: float, context: str = "Sample.Periodic", **more: Any) -> MeterReading:
    return reading(sample(wh, context=context, **more), minute=minute)


def energy(*readings: MeterReading, start: int | None = None, stop: int | None = None) -> tuple[int, str]:
    observed = Register(
        meter_start=None if start is None else Decimal(start), meter_stop=None if stop is None else Decimal(stop)
    )
    observed.observe(readings)
    result = observed.energy()
    return result.wh, result.source


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("Wh", "1500", "1500"),
        ("kWh", "1.5", "1500"),
        ("kW", "11", "11000"),
        ("W", "7", "7"),
        ("kvarh", "2", "2000"),
        ("kvar", "2", "2000"),
        ("kVA", "2", "2000"),
        ("A", "16", "16"),
        ("Percent", "80", "80"),
        ("furlong", "3", "3"),
    ],
)
def test_values_are_brought_to_their_base_unit(unit: str, value: str, expected: str) -> None:
    assert in_base_unit(sample(value, unit=unit)) == Decimal(expected)


def test_a_value_that_is_only_signed_has_no_number() -> None:
    only_signed = sample(None, signed=SignedValue("OCMF|"))
    assert in_base_unit(only_signed) is None
    assert total(reading(only_signed), only_signed.measurand) is None
    assert energy(reading(only_signed)) == (0, "none")


def test_a_total_is_the_value_without_a_phase_else_the_sum_of_the_phases() -> None:
    phases = [sample(100 * n, phase=f"L{n}") for n in (1, 2, 3)]
    assert total(reading(*phases), phases[0].measurand) == 600
    assert total(reading(*phases, sample(601)), phases[0].measurand) == 601
    assert total(reading(*phases[:2]), phases[0].measurand) == 300
    assert total(reading(sample(5, phase="N"), sample(6, phase="L1-L2")), phases[0].measurand) is None


def test_inlet_and_outlet_export_and_import_are_never_mixed() -> None:
    others = [sample(1, location="Inlet"), sample(2, measurand="Energy.Active.Export.Register")]
    assert total(reading(*others, sample(7)), "Energy.Active.Import.Register") == 7
    assert total(reading(*others), "Energy.Active.Import.Register") is None


def test_what_people_watch_is_one_value_of_each_kind() -> None:
    volts = [sample(volt, measurand="Voltage", unit="V", phase=f"L{n}-N") for n, volt in enumerate((229, 231, 230), 1)]
    amperes = [sample(n, measurand="Current.Import", unit="A", phase=f"L{n}") for n in (1, 2, 3)]
    power = [sample(n, measurand="Power.Active.Import", unit="kW", phase=f"L{n}") for n in (1, 2, 3)]
    charge = sample(80, measurand="SoC", unit="Percent", location="EV")
    others = [
        sample(1, location="Inlet"),
        sample(None),
        sample(5, measurand="RPM"),
        sample(6, measurand="SoC", phase="X"),
    ]
    # energy and power add up over the phases, the others do not
    assert series(reading(*others, *volts, *amperes, *power, charge, sample("1.5", unit="kWh"))) == Series(
        register_wh=Decimal(1500),
        power_w=Decimal(6000),
        soc_percent=Decimal(80),
        current_a=Decimal(3),
        voltage_v=Decimal(231),
    )
    # a value without a phase goes before both
    assert series(reading(*volts, sample(230, measurand="Voltage"))).voltage_v == 230
    assert series(reading(*power, sample(7, measurand="Power.Active.Import"))).power_w == 7
    assert series(reading()) == Series(None, None, None, None, None)


@pytest.mark.parametrize(("value", "wh"), [("0.4", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1)])
def test_half_a_watt_hour_is_rounded_up(value: str, wh: int) -> None:
    assert whole_wh(Decimal(value)) == wh


# Which two readings count, in order of trust

BEGIN, END = register(0, 1000, "Transaction.Begin"), register(60, 3500, "Transaction.End")
EARLY, LATE = register(1, 1010), register(59, 3400)


def test_the_marked_readings_are_trusted_most() -> None:
    assert energy(EARLY, BEGIN, LATE, END, start=0, stop=9000) == (2500, "transaction-registers")


@given(st.permutations([BEGIN, END, register(2, 1200, "Transaction.Begin"), register(58, 3300, "Transaction.End")]))
def test_of_several_marked_readings_the_outermost_count(readings: list[MeterReading]) -> None:
    assert energy(*readings) == (2500, "transaction-registers")


def test_then_the_numbers_of_start_and_stop() -> None:
    assert energy(EARLY, BEGIN, LATE, start=1001, stop=3501) == (2500, "meter-start-stop")


@pytest.mark.parametrize(
    ("readings", "start", "stop", "wh"),
    [
        ([EARLY, LATE], None, None, 2390),
        ([BEGIN, EARLY, LATE], None, None, 2400),
        ([EARLY, LATE, END], None, None, 2490),
        ([EARLY, LATE], 1000, None, 2400),
        ([EARLY, LATE], None, 3500, 2490),
        ([BEGIN, LATE], None, 3500, 2500),
        ([EARLY], None, None, 0),
    ],
)
def test_then_the_best_that_there_is_for_each_end(
    readings: list[MeterReading], start: int | None, stop: int | None, wh: int
) -> None:
    assert energy(*readings, start=start, stop=stop) == (wh, "sampled-registers")


def test_then_the_sum_of_intervals() -> None:
    parts = [reading(sample("0.25", measurand=INTERVAL, unit="kWh"), minute=n) for n in range(4)]
    assert energy(*parts) == (1000, "intervals")
    assert energy(*parts, EARLY, LATE) == (2390, "sampled-registers")


def test_without_any_reading_there_is_no_energy() -> None:
    assert energy() == (0, "none")
    assert energy(start=1000) == (0, "none")


def test_units_may_change_from_sample_to_sample() -> None:
    assert energy(register(0, 1000), register(5, 1.6, unit="kWh")) == (600, "sampled-registers")


def test_a_register_that_runs_backwards_bills_nothing_and_is_marked() -> None:
    observed = Register()
    observed.observe([register(0, 5000), register(9, 4000)])
    assert (observed.energy().wh, observed.energy().implausible) == (0, True)


@given(st.permutations([BEGIN, EARLY, LATE, register(59, 3300), register(30, 2000), register(30, 2001)]))
def test_the_order_of_arrival_does_not_matter(readings: list[MeterReading]) -> None:
    assert energy(*readings) == (2400, "sampled-registers")
    assert energy(*[r for r in readings if r is not BEGIN]) == (2390, "sampled-registers")


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_a_register_that_only_grows_gives_last_minus_first(steps: list[int], random: Any) -> None:
    values = [sum(steps[: n + 1]) for n in range(len(steps))]
    readings = [register(minute, value) for minute, value in enumerate(values)]
    random.shuffle(readings)
    assert energy(*readings) == (values[-1] - values[0], "sampled-registers")
