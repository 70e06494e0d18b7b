"""Stations charge, lose their network and repeat themselves; read models rebuilt meanwhile say the same after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest

from app.journal import PostgresJournal
from app.replay import differences
from app.server import System, running
from app.settings import ApiAuth, Settings, UnknownStations
from app.simulator import FleetPlan, FleetStats, run_fleet
from domain.aggregate import Aggregate
from domain.events import Command, IdTokenRecord, Station, Tariff, Transaction
from domain.id_token import Permission
from domain.journal import Entry
from domain.rating import PriceElement, PriceKind
from domain.tariff import Terms
from domain.values import AuthorizationStatus, IdToken, MeterReading, SampledValue, SignedValue
from projections.all import READ_MODELS
from projections.availability import stations_page
from projections.model import position
from projections.rebuild import rebuild
from projections.sessions import transactions_page
from tests.projections.books import Library
from tests.projections.shelf import Shelf, contents, until

WISHES: dict[str, dict[str, Any]] = {
    "ClearCache": {},
    "GetVariables": {"variables": []},
    "ChangeAvailability": {"operationalStatus": "Operative"},
    "SetVariableMonitoring": {
        "monitors": [
            {"component": "EVSE", "evseId": 1, "variable": "Power", "type": "Periodic", "value": "60", "severity": 8}
        ]
    },
}
"""What is asked of each station. A version that cannot say one ends it in an error, which is as good here."""


@pytest.fixture
async def system(dsn: str, tmp_path: Path) -> AsyncIterator[System]:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        http_port=0,
        ocpp_port=0,
        unknown_stations=UnknownStations.ACCEPT,
        api_auth=ApiAuth.OFF,
    )
    async with running(settings, dsn) as system:
        yield system


def plan(system: System) -> FleetPlan:
    return FleetPlan(
        url=f"ws://127.0.0.1:{system.ocpp_port}",
        stations=6,
        speed=2000,
        chaos=0.3,
        seed=5,
        sessions=2,
        idle=60,
        stay=1800,
        retry=0.05,
        timeout=2,
    )


async def prepare(system: System, plan: FleetPlan) -> None:
    """A tariff and commands for each station, and the drivers' tokens."""
    now = datetime.now(UTC)
    tariff = Tariff.blank(Tariff.stream("t"))
    tariff.define(Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal("0.39"), Decimal(19)),)), now)
    changed: list[Aggregate] = [tariff]
    for name in plan.names():
        station = Station.blank(Station.stream(name))
        station.register(security_profile=0, credential=None, at=now)
        station.assign_tariff("t", None, now)
        changed.append(station)
        for action, payload in WISHES.items():
            command = Command.blank(Command.stream(name, f"{action}-{name}", now))
            command.request(
                station_id=name,
                command_id=f"{action}-{name}",
                action=action,
                payload=payload,
                typed=True,
                expires_at=now + timedelta(minutes=1),
                idempotency_key=None,
                at=now,
            )
            changed.append(command)
        changed += Library(name, Random(name)).written(now)
        signed = Transaction.blank(Transaction.stream(name, "signed", now))
        sample = SampledValue(None, signed=SignedValue("OCMF|"))  # no simulated meter signs
        signed.start(now, occurred_at=now, readings=(MeterReading(now, (sample,)),))
        changed.append(signed)
    for value in plan.tokens():
        token = IdTokenRecord.blank(IdTokenRecord.stream(value))
        token.set(IdToken(value), Permission(AuthorizationStatus.ACCEPTED), now)
        changed.append(token)
    await system.journal.append([Entry(event) for one in changed for event in one.collect_events()])  # type: ignore[arg-type]


async def ask_until(done: asyncio.Event, pool: asyncpg.Pool, stations: int) -> int:
    """Ask what a front-end asks; returns how often. No answer is missing, none fails."""
    asked, known = 0, set[str]()
    while not done.is_set():
        page = await stations_page(pool, 100, None)
        assert len(page.rows) == stations
        now = {row.id for row in (await transactions_page(pool, 1000, None)).rows}
        assert now >= known
        known = now
        asked += 1
        await asyncio.sleep(0.005)
    return asked


async def test_a_recorded_run_rebuilt_during_and_after_it(system: System, dsn: str) -> None:
    fleet_plan = plan(system)
    await prepare(system, fleet_plan)
    done = asyncio.Event()
    await until(lambda: _shown(system))
    asking = asyncio.create_task(ask_until(done, system.pool, fleet_plan.stations))
    fleet: asyncio.Task[FleetStats] = asyncio.create_task(run_fleet(fleet_plan))
    rebuilt = 0
    while not fleet.done() or rebuilt <= len(READ_MODELS):  # each at least once, however busy the machine is
        await rebuild(system.journal, system.pool, READ_MODELS[rebuilt % len(READ_MODELS)], lambda done, of: None)
        rebuilt += 1
    stats = await fleet
    await until(lambda: _shown(system))
    done.set()
    assert await asking > 10
    assert len(stats.finished) >= 12
    assert stats.call_errors == 0, stats.problems

    shown = await contents(system.pool, READ_MODELS)
    assert [t for t, r in shown.items() if not r] == []
    assert await system.pool.fetchval("SELECT count(*) FROM parked_event") == 0
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=4)
    other = await PostgresJournal.open(dsn, pool)  # reads every event from its bytes
    for model in READ_MODELS:
        assert await differences(other, pool, model) == []
        await rebuild(other, pool, model, lambda done, of: None)
    await other.close()
    assert await contents(pool, READ_MODELS) == shown
    anew = Shelf(other, pool)
    await anew.forget()
    for batch in (7, 333):
        journal = await PostgresJournal.open(dsn, pool)
        await Shelf(journal, pool).show(batch=batch)
        await journal.close()
        assert await contents(pool, READ_MODELS) == shown
        await anew.forget()
    await pool.close()


async def _shown(system: System) -> bool:
    return await position(system.pool, READ_MODELS) == await system.journal.head() > 0
