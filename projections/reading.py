"""The journal as read models read it: an event that this release cannot read is handed on as unreadable, not raised."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
from eventsourcing.persistence import MapperDeserialisationError

from domain.aggregate import DomainEvent
from domain.journal import Journal, Page, Recorded

_NEXT = """
SELECT notification_id, originator_id, originator_version, topic FROM stored_events
WHERE notification_id > $1 ORDER BY notification_id LIMIT 1
"""


@dataclass(frozen=True)
class Unreadable(DomainEvent):
    """Stands for an event of a later release, or one that is damaged; `topic` as in the journal."""

    topic: str
    error: str


async def read(journal: Journal, pool: asyncpg.Pool, after: int, limit: int) -> Page:
    """A page of the journal, with `Unreadable` in the place of what cannot be read."""
    try:
        return await journal.read(after, limit)
    except MapperDeserialisationError as error:
        if limit > 1:
            return await _in_halves(journal, pool, after, limit)
        [[position, stream, version, topic]] = await pool.fetch(_NEXT, after)
        unreadable = Unreadable(
            originator_id=stream,
            originator_version=version,
            timestamp=None,  # type: ignore[arg-type]  # it is in what cannot be read
            topic=topic,
            error=str(error),
        )
        return Page([Recorded(position, unreadable)], position)


async def _in_halves(journal: Journal, pool: asyncpg.Pool, after: int, limit: int) -> Page:
    first = await read(journal, pool, after, limit // 2)
    rest = await read(journal, pool, first.position, limit - limit // 2)
    return Page(first.recorded + rest.recorded, rest.position)
