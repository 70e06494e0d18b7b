"""A charging network on one machine: the server, a database of its own, and simulated stations, watched in a live
table.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app import logs
from app.launch import database, run
from app.server import Role, System, running
from app.settings import ApiAuth, Settings, UnknownStations
from app.simulator import FleetPlan, run_fleet
from domain.aggregate import Aggregate
from domain.events import IdTokenRecord, Station, Tariff
from domain.id_token import Permission
from domain.journal import Entry, load
from domain.rating import Course, PriceElement, PriceKind, rate
from domain.tariff import Terms
from domain.values import AuthorizationStatus, IdToken
from projections.availability import ConnectorRow, StationRow, connectors_of, stations_page
from projections.billing import billing
from projections.metering import MeterValueRow, latest_readings
from projections.sessions import TransactionRow, transactions_page

TARIFF = "demo"
_TERMS = Terms(
    "EUR",
    (
        PriceElement(PriceKind.ENERGY, Decimal("0.39"), Decimal(19)),
        PriceElement(PriceKind.TIME, Decimal("1.20"), Decimal(19)),
        PriceElement(PriceKind.FLAT, Decimal("0.50"), Decimal(19)),
    ),
    "0.39 a kWh, 1.20 an hour, 0.50 a session, net of 19 % VAT",
)


def run_demo(settings: Settings, *, stations: int, duration: float | None, speed: float) -> None:
    """Run it until Ctrl-C, or for `duration` seconds from when stations can charge."""
    chosen = settings.model_copy(
        update={
            "data_dir": settings.data_dir / "demo",
            "database_url": None,
            "unknown_stations": UnknownStations.ACCEPT,
            "api_auth": ApiAuth.OFF,
            "http_host": "127.0.0.1",
        }
    )
    logs.configure("ERROR", chosen.log_format)
    logging.getLogger("simulator").setLevel(logging.CRITICAL)
    _refuse_a_second(chosen)
    with database(chosen) as dsn:
        run(_start_afresh(dsn))
        run(_demo(chosen, dsn, stations, duration, speed))
    Console().print(f"The demo has ended cleanly; until the next one its data is in {chosen.data_dir}", highlight=False)


def _refuse_a_second(settings: Settings) -> None:
    """Before anything is thrown away: raises OSError (address in use) if one is running."""
    for port in filter(None, (settings.http_port, settings.ocpp_port)):
        with socket.create_server(("127.0.0.1", port)):
            pass


async def _start_afresh(dsn: str) -> None:
    """An empty database: simulated clocks run ahead, so what the last demo left would seem to come from the future."""
    connection = await asyncpg.connect(dsn.replace("/csms?", "/postgres?"))
    await connection.execute("DROP DATABASE csms WITH (FORCE)")
    await connection.execute("CREATE DATABASE csms")
    await connection.close()


async def _demo(chosen: Settings, dsn: str, stations: int, duration: float | None, speed: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(chosen, dsn, Role.ALL) as system:
        plan = FleetPlan(
            url=f"ws://127.0.0.1:{system.ocpp_port}/ocpp",
            stations=stations,
            version="mixed",
            speed=speed,
            prefix="DEMO",
            seed=int(datetime.now(UTC).timestamp()),
            idle=300,
        )
        await _prepare(system, plan)
        if duration is not None:
            loop.call_later(duration, stop.set)
        async with _fleet(plan, stop):
            await _watch(system, stop)


@asynccontextmanager
async def _fleet(plan: FleetPlan, stop: asyncio.Event) -> AsyncIterator[None]:
    fleet = asyncio.create_task(run_fleet(plan, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(fleet, return_exceptions=True)


async def _prepare(system: System, plan: FleetPlan) -> None:
    """A tariff, the tokens of the drivers, and the stations, so that the tariff applies from their first session on."""
    now = datetime.now(UTC)
    tariff = await load(system.journal, Tariff, Tariff.stream(TARIFF))
    tariff.define(_TERMS, now)
    changed: list[Aggregate] = [tariff]
    for name in plan.names():
        station = await load(system.journal, Station, Station.stream(name))
        if not station.exists:
            station.register(security_profile=0, credential=None, at=now)
        station.assign_tariff(TARIFF, None, now)
        changed.append(station)
    for value in plan.tokens():
        token = await load(system.journal, IdTokenRecord, IdTokenRecord.stream(value))
        token.set(IdToken(value), Permission(AuthorizationStatus.ACCEPTED), now)
        changed.append(token)
    entries = [Entry(event) for aggregate in changed for event in aggregate.collect_events()]
    if entries:
        await system.journal.append(entries)


async def _watch(system: System, stop: asyncio.Event) -> None:
    """The live table; a line every ten seconds where there is no terminal."""
    console = Console()
    console.print(_urls(system))
    if not sys.stdout.isatty():
        while not await _wait(stop, 10):
            console.print((await _numbers(system)).plain)
        return
    with Live(console=console, refresh_per_second=4, screen=False) as live:
        while not await _wait(stop, 0.5):
            live.update(Group(await _table(system), await _numbers(system), Text("Ctrl-C ends it all.", style="dim")))


async def _wait(stop: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


def _urls(system: System) -> Table:
    http, ocpp = f"http://127.0.0.1:{system.http_port}", f"ws://127.0.0.1:{system.ocpp_port}"
    table = Table.grid(padding=(0, 2))
    table.add_row("GraphQL", f"{http}/graphql")
    table.add_row("metrics", f"{http}/metrics")
    table.add_row("OCPP 1.6 and 2.0.1", f"{ocpp}/<your station id>  (any id is welcome in the demo)")
    return table


async def _table(system: System) -> Table:
    stations = (await stations_page(system.pool, 40, None)).rows
    connectors = await connectors_of(system.pool, [s.station_id for s in stations])
    active = {
        (t.station_id, t.evse_id): t for t in (await transactions_page(system.pool, 200, None, state="ACTIVE")).rows
    }
    readings = await latest_readings(system.pool, [t.id for t in active.values()])
    table = Table("station", "OCPP", "EVSE", "state", "token")
    for name in ("kW", "SoC", "kWh", "EUR"):
        table.add_column(name, justify="right")
    for station in stations:
        for connector in connectors[station.station_id]:
            transaction = active.get((station.station_id, connector.evse_id))
            table.add_row(
                *_cells(station, connector, transaction, readings.get(transaction.id) if transaction else None)
            )
    return table


def _cells(
    station: StationRow, connector: ConnectorRow, transaction: TransactionRow | None, reading: MeterValueRow | None
) -> list[str]:
    dot = "[green]●[/]" if station.online else "[red]○[/]"
    cells = [f"{dot} {station.station_id}", station.ocpp_version or "", str(connector.evse_id), connector.status]
    if transaction is None:
        return [*cells, "", "", "", "", ""]
    power = f"{reading.power_w / 1000:.1f}" if reading and reading.power_w is not None else ""
    soc = f"{reading.soc_percent:.0f} %" if reading and reading.soc_percent is not None else ""
    energy = f"{transaction.energy_wh / 1000:.2f}"
    return [*cells, transaction.id_token or "", power, soc, energy, _cost(transaction, reading)]


def _cost(transaction: TransactionRow, reading: MeterValueRow | None) -> str:
    """What the session costs so far, by the time of its last reading."""
    if reading is None or transaction.started_at is None:
        return ""
    end = max(transaction.started_at, reading.at)
    return str(rate(Course.plain(transaction.started_at, end, transaction.energy_wh), _TERMS).total_incl_vat)


async def _numbers(system: System) -> Text:
    [row] = await system.pool.fetch(
        "SELECT count(*) AS sessions, coalesce(sum(energy_wh), 0)::bigint AS wh,"  # noqa: S608
        " coalesce(sum(total_incl_vat), 0) AS total,"
        f" (SELECT count(*) FROM stored_events) AS events FROM {billing.schema}.cdr WHERE currency = 'EUR'"
    )
    return Text(
        f"{row['events']} events recorded · {row['sessions']} sessions billed"
        f" · {row['wh'] / 1000:.1f} kWh · {row['total']:.2f} EUR incl. VAT"
    )
