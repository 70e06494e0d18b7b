"""Keeps read models up to date: reads the journal in batches and stores rows and position in one transaction.

All read models that stand at the same position advance together, so a batch is read and decoded once. One that lags
(it is new, or was halted) catches up on its own beside them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

import asyncpg
import structlog

from domain.journal import Journal
from projections.model import ReadModel
from projections.track import CHANNEL, DATABASE_AWAY, Overtaken, RunnerCounters, Track, apply, open_track

__all__ = ["CHANNEL", "Overtaken", "Runner", "RunnerCounters", "Track", "apply", "open_track"]

log = structlog.get_logger(__name__)

_WAIT_AN_EVENT = 1 / 4_000
"""The more a batch held, the longer the next may gather (seconds an event): rows that change often are written once."""
_LONGEST_WAIT = 0.4
_SOON, _POLL = 0.004, 0.5
_REST = 1.5
"""Seconds after each second of work: stations on the same loop are answered meanwhile."""
_LOOK_AFTER_HALTED = 2.0
"""Seconds between two looks whether a halted read model was rebuilt."""


class Runner:
    """Runs read models until it is cancelled. Several may run: the position is advanced by compare-and-set."""

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        models: Sequence[ReadModel],
        *,
        linger: float = 0.03,
        batch: int = 4_000,
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
                    ticks = self._journal.ticks
                    await self._look_after_halted()
                    applied = await self._advance()
                    if not applied:
                        # A commit may be hidden behind one in flight for a moment: look again soon, then less often.
                        pause = _SOON if await self._journal.woken(ticks, pause) else min(pause * 2, _POLL)
                        continue
                    pause = _SOON
                    if applied < self._batch:
                        await asyncio.sleep(min(_LONGEST_WAIT, self._linger + applied * _WAIT_AN_EVENT))
            except Overtaken as error:  # by a rebuild, or by another process, which then may go first
                log.info("read_model.overtaken", read_model=str(error))
                await asyncio.sleep(0.2)
            except DATABASE_AWAY as error:
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
        page = await self._journal.read(tracks[0].position, self._batch)
        if until is not None:
            page = page.up_to(until)
        if page.position == tracks[0].position:
            return 0
        started = perf_counter()
        for track in await apply(self._pool, tracks, page, self._counters, rest=_REST):
            self._tracks.remove(track)
        self._counters.batch(len(page.recorded), perf_counter() - started)
        return max(1, len(page.recorded))
