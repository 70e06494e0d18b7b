"""A journal and the read models over it, told and asked in a test's words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, cast

import asyncpg

from app.journal import PostgresJournal
from domain.aggregate import Aggregate, DomainEvent
from domain.journal import Entry
from projections.all import READ_MODELS
from projections.model import ReadModel
from projections.runner import Runner
from tests.projections.cashier import Cashier

Contents = dict[str, list[str]]
"""Of each table, its rows as PostgreSQL writes them, sorted."""


class Shelf:
    def __init__(self, journal: PostgresJournal, pool: asyncpg.Pool) -> None:
        self.journal = journal
        self.pool = pool
        self._cashier = Cashier()

    async def given(self, *aggregates: Aggregate) -> int:
        """Record what the aggregates decided, one after the other, and the bills that follow; returns the position when
        readers see it.
        """
        decided = [event for aggregate in aggregates for event in aggregate.collect_events()]
        return await self.record(self._cashier.following(decided))

    async def record(self, events: Iterable[Any]) -> int:
        position = await self.journal.append([Entry(cast(DomainEvent, event)) for event in events])
        async with asyncio.timeout(10):
            while await self.journal.head() < position:
                await asyncio.sleep(0.002)
        return position

    async def show(self, *models: ReadModel, batch: int = 2_000) -> None:
        """Bring read models up to date."""
        await Runner(self.journal, self.pool, models or READ_MODELS, batch=batch).catch_up()

    async def forget(self, *models: ReadModel) -> None:
        """As if the read models had never been."""
        for model in models or READ_MODELS:
            await self.pool.execute(f"DROP SCHEMA IF EXISTS {model.schema} CASCADE")
            await self.pool.execute("DELETE FROM read_model WHERE name = $1", model.schema)
            await self.pool.execute("DELETE FROM parked_event WHERE read_model = $1", model.schema)

    async def rows(self, model: ReadModel, table: str, order: str = "1") -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(f"SELECT * FROM {model.schema}.{table} ORDER BY {order}")]

    async def row(self, model: ReadModel, table: str) -> dict[str, Any]:
        [row] = await self.rows(model, table)
        return row

    async def contents(self, *models: ReadModel) -> Contents:
        return await contents(self.pool, models or READ_MODELS)

    async def position(self, model: ReadModel) -> int:
        return int(await self.pool.fetchval("SELECT position FROM read_model WHERE name = $1", model.schema))

    async def halted(self, model: ReadModel) -> str | None:
        return cast(
            "str | None", await self.pool.fetchval("SELECT halted FROM read_model WHERE name = $1", model.schema)
        )

    async def parked(self, model: ReadModel) -> list[str]:
        """The streams of events that were set aside."""
        query = "SELECT stream FROM parked_event WHERE read_model = $1 ORDER BY position"
        return [row["stream"] for row in await self.pool.fetch(query, model.schema)]


async def contents(pool: asyncpg.Pool, models: Sequence[ReadModel]) -> Contents:
    tables = [f"{model.schema}.{table.table.name}" for model in models for table in model.tables]
    return {
        table: [row[0] for row in await pool.fetch(f'SELECT t::text FROM {table} t ORDER BY t::text COLLATE "C"')]
        for table in tables
    }


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 30) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.01)
