"""Where one subject of one station is compared: it asks, sends, and notes what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple

import asyncpg

from api.graphql.requesting import Wish, request
from domain.command import CommandStatus
from domain.journal import Journal
from domain.reconciliation import Finding
from projections.commands import commands, commands_by_id
from projections.model import ReadModel, position

_PATIENCE = 60.0
"""Seconds for a station to answer, and as many for the read models to show it."""


class Unanswered(Exception):
    """The station did not do what was needed to go on; the text says what."""


@dataclass
class Desk:
    station_id: str
    journal: Journal
    pool: asyncpg.Pool
    clock: Callable[[], datetime]
    models: tuple[ReadModel, ...]
    differing: int = 0
    sent: list[str] = field(default_factory=list)
    problem: str | None = None

    async def ask(self, action: str, payload: dict[str, Any]) -> None:
        """Ask the station for what it has; returns when it shows. Raises Unanswered."""
        status, error = await self._request(action, payload, [])
        if status is not CommandStatus.ACCEPTED:
            raise Unanswered(f"{action}: {error or status}")

    async def mend(self, action: str, payload: dict[str, Any]) -> bool:
        """Send something again; whether the station has taken it. What it has not is noted."""
        status, error = await self._request(action, payload, self.sent)
        if status is not CommandStatus.ACCEPTED:
            self.problem = f"{action}: {error or status}"
        return status is CommandStatus.ACCEPTED

    async def _request(self, action: str, payload: dict[str, Any], ids: list[str]) -> tuple[CommandStatus, str | None]:
        wish = Wish(self.station_id, action, payload, True, None, _PATIENCE, _PATIENCE)
        command_id, _ = await request(self, wish)
        ids.append(command_id)
        await self.up_to_date()
        row = (await commands_by_id(self.pool, [command_id]))[command_id]
        return CommandStatus(row.status), row.error

    async def up_to_date(self) -> None:
        """Wait until what has been recorded shows. Raises Unanswered if it does not in time."""
        head, deadline = await self.journal.head(), monotonic() + _PATIENCE
        while await position(self.pool, (*self.models, commands)) < head:
            if monotonic() > deadline:
                raise Unanswered("the read models are behind")
            await asyncio.sleep(0.05)

    def finding(self, subject: str) -> Finding:
        return Finding(subject, self.differing, tuple(self.sent), self.problem)


class Subject(NamedTuple):
    """Something that a station keeps: its name, what is read of it, and how it is compared and mended."""

    name: str
    models: tuple[ReadModel, ...]
    reconcile: Callable[[Desk], Awaitable[None]]
