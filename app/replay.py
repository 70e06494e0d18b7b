"""What auditors ask of the journal: a stream told again up to a moment, and proof that everything fits together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from app.journal.mapper import as_json
from domain.aggregate import TOPICS, Aggregate, DomainEvent
from domain.journal import Journal
from projections.all import READ_MODELS
from projections.model import ReadModel
from projections.rebuild import built_beside
from projections.runner import RunnerCounters, apply


@dataclass(frozen=True)
class Told:
    """A stream's events up to a moment, and the state they leave its aggregate in."""

    events: list[DomainEvent]
    state: dict[str, Any]


async def replay(journal: Journal, stream: str, as_of: datetime | None = None) -> Told:
    """Raises LookupError if there is no such stream (or nothing of it at that time)."""
    events = [e for e in await journal.events(stream) if as_of is None or e.timestamp <= as_of]
    if not events:
        when = f" as of {as_of.isoformat()}" if as_of else ""
        raise LookupError(f"the journal has no stream {stream!r}{when}")
    aggregate: Aggregate = events[0].AGGREGATE.blank(stream)
    for event in events:
        event.mutate(aggregate)
    state = {name: value for name, value in vars(aggregate).items() if not name.startswith("_")}
    return Told(events, _plain(msgspec.to_builtins(state, enc_hook=str)))


def _plain(value: Any) -> Any:
    """With keys that JSON knows: `1/2` for the pair of EVSE and connector, `null` for None."""
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return "/".join(map(str, key))
    return "null" if key is None else str(key)


def line(event: DomainEvent) -> str:
    """One event as a line of JSON."""
    return msgspec.json.encode({"version": event.originator_version, "type": event.TOPIC, **as_json(event)}).decode()


_GAPS = """
SELECT originator_id FROM stored_events GROUP BY originator_id
HAVING max(originator_version) <> count(*) OR min(originator_version) <> 1 LIMIT 20
"""
_DISORDER = """
SELECT originator_id FROM (
    SELECT originator_id, notification_id < lag(notification_id) OVER (PARTITION BY originator_id ORDER BY
    originator_version) AS back FROM stored_events
) e WHERE back GROUP BY originator_id LIMIT 20
"""
_COUNTERS = RunnerCounters()


async def audit(journal: Journal, pool: asyncpg.Pool) -> AsyncIterator[tuple[str, list[str]]]:
    """Checks, one after the other: the name of each and what it found wrong (nothing: an empty list)."""
    yield "streams have no gaps", [r[0] for r in await pool.fetch(_GAPS)]
    yield "positions follow versions", [r[0] for r in await pool.fetch(_DISORDER)]
    yield "every event can be read", await _unreadable(pool)
    parked = await pool.fetch("SELECT read_model, stream, error FROM parked_event ORDER BY 1, 2 LIMIT 20")
    yield "no event is set aside", [f"{r['read_model']}: {r['stream']}: {r['error']}" for r in parked]
    for model in READ_MODELS:
        yield f"{model.name} says the same when built anew", await differences(journal, pool, model)


async def _unreadable(pool: asyncpg.Pool) -> list[str]:
    """Topics in the journal that this release has no event for."""
    rows = await pool.fetch("SELECT DISTINCT topic FROM stored_events WHERE topic <> ALL($1)", list(TOPICS))
    return [row["topic"] for row in rows]


async def differences(journal: Journal, pool: asyncpg.Pool, model: ReadModel) -> list[str]:
    """Build a read model from nothing beside the one in use, up to the same position, and compare the two."""
    async with (
        built_beside(pool, model, "audit") as track,
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        reached = await connection.fetchval("SELECT position FROM read_model WHERE name = $1", model.schema)
        if reached is None:
            return [f"{model.schema} has never been built; csms rebuild {model.name} does it"]
        while track.position < reached:
            page = (await journal.read(track.position, 5_000)).up_to(reached)
            if page.position == track.position:
                return [f"the journal ends at position {page.position}, but {model.name} has seen {reached}"]
            if await apply(pool, [track], page, _COUNTERS):
                return [await pool.fetchval("SELECT halted FROM read_model WHERE name = $1", track.schema)]
        # The table in use is read as it was when the position was; the other has stopped there.
        return [
            found
            for table in model.tables
            for found in await _compare(connection, pool, model, track.schema, table.table.name)
        ]


async def _compare(connection: Any, pool: asyncpg.Pool, model: ReadModel, other: str, table: str) -> list[str]:
    digest = "SELECT count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS sum FROM {}.{} t"
    [live] = await connection.fetch(digest.format(model.schema, table))
    [anew] = await pool.fetch(digest.format(other, table))
    if tuple(live) == tuple(anew):
        return []
    return [
        f"{model.schema}.{table}: {live['n']} rows in use, {anew['n']} built anew;"
        f" csms rebuild {model.name} puts it right"
    ]
