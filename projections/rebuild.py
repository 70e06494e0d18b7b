"""Builds a read model anew beside the one that answers, and swaps them: no pause, no gap, the same answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from domain.journal import Journal, Page
from projections.model import ReadModel, Rows
from projections.runner import RunnerCounters, Track, apply, open_track

_BATCH = 5_000
"""Events in a transaction: long enough to be quick, short enough not to hold back the journal's readers (§4 of the
design).
"""


class RebuildFailed(RuntimeError):
    """The read model cannot be built from this journal; the message says why."""


Progress = Callable[[int, int], None]
"""Called with the events done so far and the events there are."""


async def rebuild(journal: Journal, pool: asyncpg.Pool, model: ReadModel, progress: Progress) -> int:
    """Rebuild one read model while it is in use; returns how many events it took.

    Raises RebuildFailed if an event of a read model that counts money cannot be applied, or somebody else rebuilds it
    already: the tables in use stay as they are.
    """
    await open_track(pool, model)
    total = int(await pool.fetchval("SELECT count(*) FROM stored_events"))
    async with built_beside(pool, model, "new") as track:
        done = 0
        page = await journal.read(track.position, _BATCH)
        while page.position > track.position:
            ahead = asyncio.create_task(journal.read(page.position, _BATCH))  # the database reads while we apply
            try:
                await _apply(pool, track, page)
                done += len(page.recorded)
            finally:
                page = await ahead
            progress(done, max(total, done))
        return done + await _swap(journal, pool, model, track)


@asynccontextmanager
async def built_beside(pool: asyncpg.Pool, model: ReadModel, suffix: str) -> AsyncIterator[Track]:
    """Empty tables in a schema of their own, by one at a time; whatever is left of them at the end is thrown away."""
    async with pool.acquire() as guard:
        # Held until the connection goes back to the pool.
        if not await guard.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", f"{model.schema}_{suffix}"):
            raise RebuildFailed(f"somebody else is building {model.name} anew at this moment")
        track = await beside(pool, model, suffix)
        try:
            yield track
        finally:
            await drop_beside(pool, track)


async def beside(pool: asyncpg.Pool, model: ReadModel, suffix: str = "new") -> Track:
    """Empty tables in a schema of their own; what an interrupted rebuild left there is thrown away."""
    schema = f"{model.schema}_{suffix}"
    async with pool.acquire() as connection, connection.transaction():
        await _drop(connection, schema)
        await connection.execute("INSERT INTO read_model (name) VALUES ($1)", schema)
        await model.create(connection, schema)
    return Track(model, schema, 0, 0, Rows(model.tables, complete=True))


async def drop_beside(pool: asyncpg.Pool, track: Track) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await _drop(connection, track.schema)


async def _drop(connection: Any, schema: str) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    await connection.execute("DELETE FROM parked_event WHERE read_model = $1", schema)
    await connection.execute("DELETE FROM read_model WHERE name = $1", schema)


async def _apply(pool: asyncpg.Pool, track: Track, page: Page) -> None:
    if await apply(pool, [track], page, RunnerCounters()):
        raise RebuildFailed(await pool.fetchval("SELECT halted FROM read_model WHERE name = $1", track.schema))


async def _swap(journal: Journal, pool: asyncpg.Pool, model: ReadModel, track: Track) -> int:
    """Put the new tables in the place of the old ones. While the old ones' row is locked they cannot move on."""
    done = 0
    live, new, old = model.schema, track.schema, f"{model.schema}_old"
    async with pool.acquire() as connection, connection.transaction():
        reached = await connection.fetchval("SELECT position FROM read_model WHERE name = $1 FOR UPDATE", live)
        while track.position < reached:
            page = await journal.read(track.position, _BATCH)
            if page.position == track.position:
                raise RebuildFailed(f"the journal ends before position {reached}, where {model.name} stands")
            await _apply(pool, track, page)
            done += len(page.recorded)
        await connection.execute(f"DROP SCHEMA IF EXISTS {old} CASCADE")
        await connection.execute(f"ALTER SCHEMA {live} RENAME TO {old}")
        await connection.execute(f"ALTER SCHEMA {new} RENAME TO {live}")
        await connection.execute(
            "UPDATE read_model SET position = $2, generation = generation + 1, halted = NULL WHERE name = $1",
            live,
            track.position,
        )
        await connection.execute("DELETE FROM parked_event WHERE read_model = $1", live)
        await connection.execute("UPDATE parked_event SET read_model = $2 WHERE read_model = $1", new, live)
        await connection.execute("DELETE FROM read_model WHERE name = $1", new)
    await pool.execute(f"DROP SCHEMA {old} CASCADE")
    return done
