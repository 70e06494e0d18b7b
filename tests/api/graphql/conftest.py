"""A process that answers GraphQL: journal, read models, bulletin and the router, without the station side."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.graphql.bulletin import Bulletin
from api.graphql.context import Services
from api.graphql.router import graphql_router
from app import signatures
from app.journal import PostgresJournal
from domain.aggregate import Aggregate, DomainEvent
from domain.events import Station, StationDay, Tariff
from domain.journal import Entry, load
from domain.station_day import ConnectorStatus
from projections.all import READ_MODELS
from projections.runner import Runner
from tests.projections.cashier import Cashier

KEY = "csms_a_key_for_tests"
T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)


@dataclass
class Api:
    """What a test talks to."""

    app: FastAPI
    client: httpx.AsyncClient
    journal: PostgresJournal
    pool: asyncpg.Pool
    services: Services
    bulletin: Bulletin
    keys: set[str] = field(default_factory=lambda: {KEY})
    cashier: Cashier = field(default_factory=Cashier)

    async def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer: `data`, `errors`."""
        response = await self.client.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        return cast("dict[str, Any]", response.json())

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def record(self, *aggregates: Aggregate) -> str:
        """Append what aggregates have decided and the bills that follow; returns the position."""
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        for event in events:
            if (ref := getattr(event, "tariff", None)) is not None:
                self.cashier.knows(await load(self.journal, Tariff, Tariff.stream(ref.tariff_id)))
        followed = self.cashier.following(events)
        return str(await self.journal.append([Entry(cast(DomainEvent, event)) for event in followed]))

    async def register(self, station_id: str) -> str:
        station = Station.blank(Station.stream(station_id))
        station.register(security_profile=0, credential=None, at=T0)
        return await self.record(station)


def fleet(count: int, evses: int = 2, connectors: int = 1) -> Sequence[Aggregate]:
    """Stations CS000, CS001 … with all their connectors reported."""
    made: list[Aggregate] = []
    for n in range(count):
        station = Station.blank(Station.stream(f"CS{n:03}"))
        station.register(security_profile=0, credential=None, at=T0)
        day = StationDay.open(f"CS{n:03}", None, T0)
        for evse in range(1, evses + 1):
            for connector in range(1, connectors + 1):
                day.report_status(ConnectorStatus(evse, connector, "Available", "NoError"), T0, T0)
        made += [station, day]
    return made


@pytest.fixture
async def api(dsn: str, pool: asyncpg.Pool, journal: PostgresJournal) -> AsyncIterator[Api]:
    ticking = iter(range(10_000_000))
    bulletin = Bulletin(dsn, pool)
    keys = {KEY}
    services = Services(
        pool=pool,
        journal=journal,
        clock=lambda: T0 + timedelta(milliseconds=next(ticking)),
        pepper=b"pepper",
        authenticate=lambda key: key in keys,
        bulletin=bulletin,
        signatures=signatures,
    )
    app = FastAPI()
    app.include_router(graphql_router(services))
    runner = Runner(journal, pool, READ_MODELS)
    await runner.catch_up()
    tasks = [asyncio.create_task(runner.run()), asyncio.create_task(bulletin.run())]
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://csms.test", headers=headers) as client:
        yield Api(app, client, journal, pool, services, bulletin, keys)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
