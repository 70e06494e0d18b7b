"""The journal alone: 200 writers, each waiting for its commit; and read models rebuilt from what is there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from app.database import connect, migrate_async
from app.embedded_postgres import EmbeddedPostgres
from app.journal import PostgresJournal
from app.launch import run
from domain.events import StationDay
from domain.journal import Entry, Evidence
from projections.all import BY_NAME
from projections.rebuild import rebuild

WRITERS = 200
EACH = 250
_EVIDENCE = Evidence("ocpp1.6", b'[2,"4711","Heartbeat",{}]', b'[3,"4711",{"currentTime":"2026-11-20T12:00:00.000Z"}]')


def writing(folder: Path) -> dict[str, Any]:
    with EmbeddedPostgres(folder) as postgres:
        return run(_write(postgres.start()))


async def _write(dsn: str) -> dict[str, Any]:
    await migrate_async(dsn)
    pool = await connect(dsn)
    journal = await PostgresJournal.open(dsn, pool)

    async def writer(name: str) -> None:
        now = datetime.now(UTC)
        day = StationDay.open(name, None, now)
        for _ in range(EACH):
            day.receive("Heartbeat", now)
            await journal.append([Entry(event, _EVIDENCE) for event in day.collect_events()])  # type: ignore[arg-type]

    await asyncio.gather(*(writer(f"warm-{n}") for n in range(WRITERS)))
    started, cpu = perf_counter(), process_time()
    await asyncio.gather(*(writer(f"bench-{n}") for n in range(WRITERS)))
    took, used = perf_counter() - started, process_time() - cpu
    await journal.close()
    await pool.close()
    events = WRITERS * (EACH + 1)
    return {"events_per_second": events / took, "us_per_event": used / events * 1e6}


def rebuilding(folder: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """Events a second for some read models, over the journal that is in the folder."""
    with EmbeddedPostgres(folder) as postgres:
        return run(_rebuild(postgres.start(), names))


async def _rebuild(dsn: str, names: tuple[str, ...]) -> dict[str, Any]:
    pool = await connect(dsn)
    journal = await PostgresJournal.open(dsn, pool)
    speeds: dict[str, Any] = {}
    for name in names:
        started = perf_counter()
        events = await rebuild(journal, pool, BY_NAME[name], lambda done, of: None)
        speeds[name] = events / (perf_counter() - started)
        speeds["events"] = events
    await journal.close()
    await pool.close()
    return speeds
