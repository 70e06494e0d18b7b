"""Where read models stand, and how a page of the journal is applied to them: rows and position in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import asyncpg
import structlog

from domain.journal import Page, Recorded
from projections.model import ReadModel, Rows

log = structlog.get_logger(__name__)

CHANNEL = "csms_read_models"

_SLICE = 0.002
"""Seconds of work without letting others run: where stations share the loop, they must not wait for a batch."""
_ADVANCE = """
UPDATE read_model SET position = $3 WHERE position = $2
AND (name, generation) IN (SELECT * FROM unnest($1::text[], $4::integer[]))
"""
DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    OSError,
    TimeoutError,
)
_REFUSED_VALUES = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
"""What PostgreSQL has against a value. Its other errors any event would meet (a mistake in SQL, a full or broken disk):
nothing is set aside for them.
"""


class Overtaken(RuntimeError):
    """Somebody else has moved the read model on, or swapped its tables: start again from what is stored."""


@dataclass(eq=False)
class Track:
    """Where a read model stands: its tables (in `schema`), its position, the rows at hand."""

    model: ReadModel
    schema: str
    generation: int
    position: int
    rows: Rows
    parked: set[str] = field(default_factory=set)
    """Streams set aside because one of their events could not be applied."""

    @property
    def name(self) -> str:
        return self.schema


@dataclass(slots=True)
class RunnerCounters:
    """Hooks for metrics: events applied and the seconds a batch took; events parked."""

    batch: Callable[[int, float], None] = lambda events, seconds: None
    parked: Callable[[str], None] = lambda model: None


async def open_track(pool: asyncpg.Pool, model: ReadModel, schema: str | None = None) -> Track | None:
    """The read model as it is stored, its tables made if they are not there; None while it is halted."""
    schema = schema or model.schema
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", schema)
        inserted = await connection.fetchval(
            "INSERT INTO read_model (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", schema
        )
        if inserted:
            await model.create(connection, schema)
        query = "SELECT generation, position, halted FROM read_model WHERE name = $1"
        [row] = await connection.fetch(query, schema)
        parked = await connection.fetch("SELECT DISTINCT stream FROM parked_event WHERE read_model = $1", schema)
    if row["halted"]:
        log.error("read_model.halted", read_model=schema, error=row["halted"], to_do=f"csms rebuild {model.name}")
        return None
    rows = Rows(model.tables, complete=row["position"] == 0)
    return Track(model, schema, row["generation"], row["position"], rows, {r["stream"] for r in parked})


async def apply(
    pool: asyncpg.Pool, tracks: list[Track], page: Page, counters: RunnerCounters, *, rest: float = 0
) -> list[Track]:
    """Apply a page to read models that stand at the same position. Returns those that had to be halted.

    After each second of work it rests for `rest` seconds.
    """
    try:
        await _apply_together(pool, tracks, page, rest)
    except (Overtaken, *DATABASE_AWAY):
        raise
    except Exception as error:
        log.warning("read_model.batch_failed", error=repr(error), events=len(page.recorded))
        return await _apply_apart(pool, tracks, page, counters)
    return []


async def _apply_together(pool: asyncpg.Pool, tracks: list[Track], page: Page, rest: float = 0) -> None:
    try:
        async with pool.acquire() as connection, connection.transaction():
            topics = {recorded.topic for recorded in page.recorded}
            for track in tracks:
                await _fold(connection, track, page, topics, rest)
            # From the first write on the transaction holds back the journal's readers: all of them come together.
            for track in tracks:
                await track.model.write(connection, track.schema, track.rows, track.position, page.position)
            await _move(connection, tracks, tracks[0].position, page.position)
            await connection.execute(f"NOTIFY {CHANNEL}")
    except BaseException:
        for track in tracks:  # half of the page may be in them
            track.rows = Rows(track.model.tables, complete=False)
        raise
    for track in tracks:
        track.position = page.position
        track.rows.trim()


async def _fold(connection: Any, track: Track, page: Page, topics: set[str], rest: float) -> None:
    model, rows = track.model, track.rows
    wanted = model.wanted(page.recorded, topics)
    if track.parked:
        wanted = [recorded for recorded in wanted if recorded.stream not in track.parked]
    await model.load(connection, track.schema, rows, wanted)
    began = perf_counter()
    for n, recorded in enumerate(wanted):
        model.fold(rows, recorded)
        if n % 16 == 0 and (worked := perf_counter() - began) > _SLICE:
            await asyncio.sleep(worked * rest)
            began = perf_counter()


async def _move(connection: Any, tracks: list[Track], before: int, after: int) -> None:
    names, generations = [t.name for t in tracks], [t.generation for t in tracks]
    moved = await connection.execute(_ADVANCE, names, before, after, generations)
    if moved != f"UPDATE {len(tracks)}":
        raise Overtaken(", ".join(names))


async def _apply_apart(pool: asyncpg.Pool, tracks: list[Track], page: Page, counters: RunnerCounters) -> list[Track]:
    """To each read model by itself, so that one that is broken holds up no other; raises what is wrong with it."""
    halted: list[Track] = []
    broken: Exception | None = None
    for track in tracks:
        try:
            if not await _apply_in_halves(pool, track, page, counters):
                halted.append(track)
        except (Overtaken, *DATABASE_AWAY):
            raise
        except Exception as error:
            broken = error
    if broken is not None:
        raise broken
    return halted


async def _apply_in_halves(pool: asyncpg.Pool, track: Track, page: Page, counters: RunnerCounters) -> bool:
    """Find the event that cannot be applied: set its stream aside, or halt a read model that counts money (False)."""
    try:
        await _apply_together(pool, [track], page)
    except (Overtaken, *DATABASE_AWAY):
        raise
    except Exception as error:
        if not page.recorded or not _is_the_events_fault(error):
            raise
        if len(page.recorded) > 1:
            half = len(page.recorded) // 2
            first = Page(page.recorded[:half], page.recorded[half - 1].position)
            rest = Page(page.recorded[half:], page.position)
            return await _apply_in_halves(pool, track, first, counters) and await _apply_in_halves(
                pool, track, rest, counters
            )
        if track.model.money:
            await _halt(pool, track, page.recorded[0], error)
            return False
        await _park(pool, track, page.recorded[0], error)
        counters.parked(track.model.name)
        await _apply_together(pool, [track], Page([], page.position))
    return True


def _is_the_events_fault(error: Exception) -> bool:
    return isinstance(error, _REFUSED_VALUES) or not isinstance(error, asyncpg.PostgresError)


async def _park(pool: asyncpg.Pool, track: Track, r: Recorded, error: Exception) -> None:
    log.error(
        "read_model.event_parked",
        read_model=track.schema,
        stream=r.stream,
        position=r.position,
        error=repr(error),
    )
    track.parked.add(r.stream)
    await pool.execute(
        "INSERT INTO parked_event VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        track.schema,
        r.stream,
        r.position,
        repr(error)[:1000],
    )


async def _halt(pool: asyncpg.Pool, track: Track, r: Recorded, error: Exception) -> None:
    log.error(
        "read_model.halted",
        read_model=track.schema,
        stream=r.stream,
        position=r.position,
        error=repr(error),
    )
    text = f"position {r.position}, version {r.version} of {r.stream}: {error!r}"[:1000]
    query = "UPDATE read_model SET halted = $3 WHERE name = $1 AND generation = $2"
    await pool.execute(query, track.schema, track.generation, text)
