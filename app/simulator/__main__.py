"""`python -m app.simulator`: a fleet against any CSMS, with a live table."""

from __future__ import annotations

import asyncio
import logging
import signal
from enum import StrEnum
from typing import Annotated

import typer
from rich.live import Live

from app.simulator.fleet import run_fleet
from app.simulator.plan import FleetPlan
from app.simulator.stats import FleetStats
from app.simulator.table import summary, table

OcppVersion = StrEnum("OcppVersion", {"V16": "1.6", "V201": "2.0.1", "MIXED": "mixed"})


def simulate(
    stations: Annotated[int, typer.Option(min=1, help="How many stations.")] = 10,
    version: Annotated[OcppVersion, typer.Option(help="What they speak.")] = OcppVersion.MIXED,
    url: Annotated[str, typer.Option(help="The endpoint; the station's id is appended.")] = "ws://127.0.0.1:9000",
    speed: Annotated[float, typer.Option(min=0.1, help="Simulated seconds per second; clocks run ahead.")] = 60,
    chaos: Annotated[float, typer.Option(min=0, max=1, help="Faults, gaps, lost answers, duplicates.")] = 0,
    duration: Annotated[float | None, typer.Option(help="Seconds; until Ctrl-C without it.")] = None,
    prefix: Annotated[str, typer.Option(help="Ids are PREFIX-0001 and so on.")] = "SIM",
    password: Annotated[str | None, typer.Option(envvar="CSMS_SIMULATOR_PASSWORD", help="Basic auth.")] = None,
    token: Annotated[list[str] | None, typer.Option(help="A valid token; repeat for more.")] = None,
    sessions: Annotated[int | None, typer.Option(help="Per connector, then end.")] = None,
    meter_interval: Annotated[float, typer.Option(help="Simulated seconds between samples.")] = 60,
    idle: Annotated[float, typer.Option(help="Simulated seconds between sessions.")] = 900,
    seed: Annotated[int, typer.Option(help="Same seed, same fleet.")] = 1,
) -> None:
    """Run simulated charging stations against a CSMS."""
    plan = FleetPlan(
        url=url,
        stations=stations,
        version=version.value,
        speed=speed,
        chaos=chaos,
        seed=seed,
        prefix=prefix,
        password=password,
        id_tokens=tuple(token or ()),
        meter_interval=meter_interval,
        sessions=sessions,
        idle=idle,
        duration=duration,
    )
    logging.getLogger("simulator").setLevel(logging.CRITICAL)  # its complaints are in the table
    typer.echo(summary(asyncio.run(watch(plan))))


async def watch(plan: FleetPlan) -> FleetStats:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    with Live(refresh_per_second=4, transient=True) as live:
        return await run_fleet(plan, stop=stop, report=lambda stats: live.update(table(stats)))


if __name__ == "__main__":
    typer.run(simulate)
