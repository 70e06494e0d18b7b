"""The fleet as a table for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.simulator.stats import FleetStats


def table(stats: FleetStats, rows: int = 20) -> RenderableType:
    """The first stations of the fleet one by one, and the sums of all."""
    grid = Table("station", "OCPP", "state", box=None, pad_edge=False)
    for name in ("kW", "kWh", "sessions"):
        grid.add_column(name, justify="right")
    for seen in list(stats.stations.values())[:rows]:
        figures = f"{seen.power_w / 1000:.1f}", f"{seen.energy_wh / 1000:.1f}", str(seen.sessions)
        grid.add_row(seen.id, seen.version, seen.state, *figures)
    more = len(stats.stations) - rows
    return Group(grid, Text(f"and {more} more\n{summary(stats)}" if more > 0 else summary(stats)))


def summary(stats: FleetStats) -> str:
    power = sum(seen.power_w for seen in stats.stations.values())
    lines = [
        f"{stats.connected} of {len(stats.stations)} connected, {stats.boots} boots, "
        f"{len(stats.finished)} sessions delivered, {power / 1000:.0f} kW, {stats.energy_wh / 1000:.0f} kWh",
        f"{stats.messages_sent} messages, {stats.answers} answers, {stats.call_errors} errors, "
        f"{stats.timeouts} timeouts, {stats.waiting} waiting, {stats.dropped} dropped",
    ]
    return "\n".join(lines + ([f"last problem: {stats.problems[-1][:160]}"] if stats.problems else []))
