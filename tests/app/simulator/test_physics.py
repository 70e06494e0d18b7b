"""What the stations measure has to be plausible, for a server checks it."""

from itertools import pairwise
from random import Random

import pytest

from app.simulator.clock import Clock
from app.simulator.meter import BEGIN, Meter
from app.simulator.vehicle import EFFICIENCY, OUTLETS, TAPER_FROM, Outlet, Vehicle

DC = Outlet(50_000, direct=True)


def charged(vehicle: Vehicle, outlet: Outlet, seconds: int) -> tuple[Meter, list[float]]:
    meter, powers = Meter(1000.0), [vehicle.draws(outlet)]
    for _ in range(seconds):
        meter.advance(vehicle, outlet, 1.0)
        powers.append(meter.power_w)
    return meter, powers


def test_energy_is_the_integral_of_the_power() -> None:
    meter, powers = charged(Vehicle(soc=0.5, target=1.0), DC, 3600)
    integral = sum((a + b) / 2 for a, b in pairwise(powers)) / 3600
    assert meter.register_wh - 1000.0 == pytest.approx(integral, rel=1e-3)


def test_it_makes_no_difference_how_often_the_meter_is_read() -> None:
    often, _ = charged(Vehicle(soc=0.2), DC, 1800)
    once = Meter(1000.0)
    once.advance(Vehicle(soc=0.2), DC, 1800)
    assert once.register_wh == pytest.approx(often.register_wh, rel=1e-3)


def test_what_the_battery_gains_passed_the_meter() -> None:
    vehicle = Vehicle(battery_wh=50_000, soc=0.2, target=1.0)
    meter, _ = charged(vehicle, DC, 1800)
    assert (vehicle.soc - 0.2) * 50_000 == pytest.approx((meter.register_wh - 1000) * EFFICIENCY, rel=1e-6)


def test_power_ramps_up_holds_and_tapers_above_80_percent() -> None:
    vehicle = Vehicle(battery_wh=40_000, soc=0.5, target=1.0)
    _, powers = charged(vehicle, DC, 3 * 3600)
    assert powers[0] == 0.0
    assert 0 < powers[10] < powers[20] < 50_000
    assert powers[60] == powers[600] == 50_000
    top = powers[60:]
    assert all(a >= b for a, b in pairwise(top))
    assert Vehicle(soc=TAPER_FROM + 0.1, target=1.0, charging_s=60).draws(DC) == pytest.approx(25_000)
    assert vehicle.full
    assert powers[-1] == 0.0


def test_the_weaker_of_outlet_and_vehicle_decides() -> None:
    assert Vehicle(ac_w=7_400, charging_s=60).draws(Outlet(22_000)) == 7_400
    assert Vehicle(ac_w=22_000, charging_s=60).draws(Outlet(11_000)) == 11_000


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.name)
def test_voltage_times_current_is_the_power(outlet: Outlet) -> None:
    vehicle, meter = Vehicle.drawn(Random(3)), Meter(0)
    meter.advance(vehicle, outlet, 300)
    reading = meter.read(Clock().now(), BEGIN, vehicle, outlet)
    assert reading.power_w > 0
    assert reading.voltage_v * reading.current_a * max(reading.phases, 1) == pytest.approx(reading.power_w)


def test_the_clock_runs_as_fast_as_asked() -> None:
    clock = Clock(speed=1_000_000)
    first = clock.now()
    assert (clock.now() - first).total_seconds() >= 0
    with pytest.raises(ValueError, match="speed"):
        Clock(speed=0)
