"""Callers as the real ones are: each writes its own stream, and loads it anew when told of a conflict."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import asyncpg
from eventsourcing.persistence import RecordConflictError

from domain.journal import Journal, JournalUnavailable
from tests.journal.samples import entries


@dataclass
class Load:
    """`acknowledged` are requests that a station would have got an answer to."""

    journal: Journal
    acknowledged: list[bytes] = field(default_factory=list)
    conflicts: int = 0
    refused: int = 0

    async def station(self, name: str, messages: int, pause: float = 0) -> None:
        stream = f"day:2026-11-20:{name}"
        version = len(await self.journal.events(stream))
        for n in range(messages):
            request = f"{name}-{version}-{n}".encode()
            while True:
                try:
                    await self.journal.append(entries(stream, version + 1, version + 2, request=request))
                except (RecordConflictError, JournalUnavailable) as error:
                    self.conflicts += isinstance(error, RecordConflictError)
                    self.refused += isinstance(error, JournalUnavailable)
                    version = len(await self.journal.events(stream))
                else:
                    version += 2
                    self.acknowledged.append(request)
                    break
            await asyncio.sleep(pause)

    async def count(self, pool: asyncpg.Pool) -> Counter[bytes]:
        """How many events stand in the journal for each request (two is right)."""
        rows = await pool.fetch("SELECT request FROM stored_events WHERE request IS NOT NULL")
        return Counter(row["request"] for row in rows)


async def lost_and_doubled(load: Load, pool: asyncpg.Pool) -> tuple[int, int]:
    found = await load.count(pool)
    lost = sum(found[request] < 2 for request in load.acknowledged)
    return lost, sum(count > 2 for count in found.values())
