"""Start a fleet, watch it, end it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.simulator.clock import Clock
from app.simulator.plan import FleetPlan
from app.simulator.session import State
from app.simulator.station import Station
from app.simulator.stats import FleetStats

GLANCE_S = 0.25
"""Wall seconds between two looks at the fleet."""


async def run_fleet(
    plan: FleetPlan,
    *,
    stop: asyncio.Event | None = None,
    report: Callable[[FleetStats], None] | None = None,
) -> FleetStats:
    """Run until `stop` is set, the duration is over, or every connector had its sessions and all was delivered.

    The sockets are then closed; sessions that still run are left open, as by a power cut. The same stats object is
    handed to `report` several times a second and returned at the end. A defect of the simulator itself raises.
    """
    stats, clock, stop = FleetStats(), Clock(plan.speed), stop or asyncio.Event()
    fleet = [Station(index, plan, clock, stats) for index in range(plan.stations)]
    until = time.monotonic() + plan.duration if plan.duration is not None else None
    tasks = [asyncio.create_task(s.run(index / plan.arrivals), name=s.id) for index, s in enumerate(fleet)]
    try:
        while not _over(plan, fleet, until):
            look(fleet, stats, report)
            for task in tasks:
                if task.done():
                    task.result()
            try:
                await asyncio.wait_for(stop.wait(), GLANCE_S)
                break
            except TimeoutError:
                continue
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        look(fleet, stats, report)
    return stats


def _over(plan: FleetPlan, fleet: list[Station], until: float | None) -> bool:
    if until is not None and time.monotonic() >= until:
        return True
    return bool(plan.sessions) and all(station.done for station in fleet)


def look(fleet: list[Station], stats: FleetStats, report: Callable[[FleetStats], None] | None) -> None:
    """Bring the snapshots up to date."""
    for station in fleet:
        seen, connectors = station.snapshot, station.connectors.values()
        seen.power_w = sum(c.meter.power_w for c in connectors)
        seen.energy_wh = sum(c.meter.register_wh - c.first_register_wh for c in connectors)
        seen.state = _state(station)
    stats.energy_wh = sum(seen.energy_wh for seen in stats.stations.values())
    stats.waiting = sum(len(station.outbox) for station in fleet)
    if report:
        report(stats)


def _state(station: Station) -> str:
    if station.line.link is None:
        return "Offline"
    if not station.line.online:
        return station.line.registration or "Booting"
    return " ".join(str(c.state) for c in station.connectors.values() if c.state is not State.AVAILABLE) or "Available"
