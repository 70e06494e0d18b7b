"""Keeps read models up to date: reads the journal in batches and stores rows and position in one transaction.

All read models that stand at the same position advance together, so a batch is read and decoded once. One that lags
(it is new, or was halted) catches up on its own beside them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import asyncpg
import structlog

from domain.journal import Journal, Page, Recorded
from projections.model import ReadModel, Rows
from projections.reading import read

log = structlog.get_logger(__name__)

CHANNEL = "csms_read_models"

_AT_A_TIME = 200
"""Events handled without letting others run: where stations share the loop, they must not wait for a batch."""
_SHARE = 0.25
"""The part of the time that batches may take where nothing lags much; in between they grow, and so cost less an
event.
"""

_LONGEST_WAIT = 0.2
_SOON, _POLL = 0.004, 0.5

_ADVANCE = """
UPDATE read_model SET position = $3 WHERE position = $2
AND (name, generation) IN (SELECT * FROM unnest($1::text[], $4::integer[]))
"""
_DATABASE_AWAY = (
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
_LOOK_AFTER_HALTED = 2.0
"""Seconds between two looks whether a halted read model was rebuilt."""


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


class Runner:
    """Runs read models until it is cancelled. Several may run: the position is advanced by compare-and-set."""

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        models: Sequence[ReadModel],
        *,
        linger: float = 0.03,
        batch: int = 2_000,
        counters: RunnerCounters | None = None,
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._models = models
        self._linger = linger
        self._batch = batch
        self._counters = counters or RunnerCounters()
        self._tracks: list[Track] = []
        self._next_look = 0.0
        self.position = 0
        """Up to where the foremost read models have come."""

    async def run(self) -> None:
        while True:
            try:
                await self._open()
                pause = _SOON
                while True:
                    ticks, started = self._journal.ticks, perf_counter()
                    await self._look_after_halted()
                    applied = await self._advance()
                    if not applied:
                        # A commit may be hidden behind one in flight for a moment: look again soon, then less often.
                        pause = _SOON if await self._journal.woken(ticks, pause) else min(pause * 2, _POLL)
                        continue
                    pause = _SOON
                    if applied < self._batch:
                        took = perf_counter() - started
                        await asyncio.sleep(max(self._linger, min(_LONGEST_WAIT, took / _SHARE - took)))
            except Overtaken as error:  # by a rebuild, or by another process, which then may go first
                log.info("read_model.overtaken", read_model=str(error))
                await asyncio.sleep(0.2)
            except _DATABASE_AWAY as error:
                log.warning("read_model.database_away", error=repr(error))
                await asyncio.sleep(1)
            except Exception:
                log.exception("read_model.runner_failed")
                await asyncio.sleep(1)

    async def prepare(self) -> None:
        """Make the tables of read models that have none yet."""
        await self._open()

    async def catch_up(self) -> None:
        """Apply everything that is settled now."""
        await self._open()
        while await self._advance():
            pass

    async def _open(self) -> None:
        opened = [await open_track(self._pool, model) for model in self._models]
        self._tracks = [track for track in opened if track is not None]

    async def _look_after_halted(self) -> None:
        """Take up read models again that were halted and have been rebuilt since."""
        going = {track.name for track in self._tracks}
        halted = [model.schema for model in self._models if model.schema not in going]
        if not halted or perf_counter() < self._next_look:
            return
        self._next_look = perf_counter() + _LOOK_AFTER_HALTED
        query = "SELECT EXISTS (SELECT FROM read_model WHERE name = ANY($1) AND halted IS NULL)"
        if await self._pool.fetchval(query, halted):
            await self._open()

    async def _advance(self) -> int:
        """One batch for those in front and one for those behind; returns how many events, 0 when nothing was left to
        do.
        """
        positions = sorted({track.position for track in self._tracks})
        if not positions:
            return 0
        applied = await self._step([t for t in self._tracks if t.position == positions[-1]], None)
        if len(positions) > 1:
            behind = [t for t in self._tracks if t.position == positions[0]]
            applied = max(applied, await self._step(behind, positions[1]))
        self.position = max((track.position for track in self._tracks), default=0)
        return applied

    async def _step(self, tracks: list[Track], until: int | None) -> int:
        page = await self._read(tracks[0].position)
        if until is not None:
            page = page.up_to(until)
        if page.position == tracks[0].position:
            return 0
        started = perf_counter()
        for track in await apply(self._pool, tracks, page, self._counters):
            self._tracks.remove(track)
        self._counters.batch(len(page.recorded), perf_counter() - started)
        return max(1, len(page.recorded))

    async def _read(self, after: int) -> Page:
        """A batch, read in parts."""
        recorded: list[Recorded] = []
        while (room := min(_AT_A_TIME, self._batch - len(recorded))) > 0:
            part = await read(self._journal, self._pool, after, room)
            recorded += part.recorded
            after = part.position
            if len(part.recorded) < room:
                break
        return Page(recorded, after)


async def apply(pool: asyncpg.Pool, tracks: list[Track], page: Page, counters: RunnerCounters) -> list[Track]:
    """Apply a page to read models that stand at the same position. Returns those that had to be halted."""
    try:
        await _apply_together(pool, tracks, page)
    except (Overtaken, *_DATABASE_AWAY):
        raise
    except Exception as error:
        log.warning("read_model.batch_failed", error=repr(error), events=len(page.recorded))
        return await _apply_apart(pool, tracks, page, counters)
    return []


async def _apply_together(pool: asyncpg.Pool, tracks: list[Track], page: Page) -> None:
    try:
        async with pool.acquire() as connection, connection.transaction():
            for track in tracks:
                await _fold(connection, track, page)
            await _move(connection, tracks, tracks[0].position, page.position)
            await connection.execute(f"NOTIFY {CHANNEL}")
    except BaseException:
        for track in tracks:  # half of the page may be in them
            track.rows = Rows(track.model.tables, complete=False)
        raise
    for track in tracks:
        track.position = page.position
        track.rows.trim()


async def _fold(connection: Any, track: Track, page: Page) -> None:
    model, rows = track.model, track.rows
    events = [event for event in model.wanted(page.recorded) if event.originator_id not in track.parked]
    await model.load(connection, track.schema, rows, events)
    for n, event in enumerate(events, 1):
        model.fold(rows, event)
        if n % _AT_A_TIME == 0:
            await asyncio.sleep(0)
    await model.write(connection, track.schema, rows, track.position, page.position)


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
        except (Overtaken, *_DATABASE_AWAY):
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
    except (Overtaken, *_DATABASE_AWAY):
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
        stream=r.event.originator_id,
        position=r.position,
        error=repr(error),
    )
    track.parked.add(r.event.originator_id)
    await pool.execute(
        "INSERT INTO parked_event VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        track.schema,
        r.event.originator_id,
        r.position,
        repr(error)[:1000],
    )


async def _halt(pool: asyncpg.Pool, track: Track, r: Recorded, error: Exception) -> None:
    log.error(
        "read_model.halted",
        read_model=track.schema,
        stream=r.event.originator_id,
        position=r.position,
        error=repr(error),
    )
    text = f"position {r.position}, version {r.event.originator_version} of {r.event.originator_id}: {error!r}"[:1000]
    query = "UPDATE read_model SET halted = $3 WHERE name = $1 AND generation = $2"
    await pool.execute(query, track.schema, track.generation, text)
