"""Where one subject of one station is compared: it asks, sends, and notes what came of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple

import asyncpg
import msgspec

from api.graphql.requesting import Wish, request
from api.ocpp.registry import SENDERS
from domain.command import CommandStatus
from domain.journal import Journal
from domain.reconciliation import Finding
from domain.transaction import TransactionState
from projections.availability import stations_by_id
from projections.commands import CommandRow, commands, commands_by_id
from projections.model import ReadModel, position
from projections.sessions import transactions_page

_PATIENCE = 60.0
"""Seconds for a station to answer, and as many for the read models to show it."""
_MOST = 1_000


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

    async def ask(self, action: str, payload: dict[str, Any], none: str | None = None) -> None:
        """Ask the station for what it has; returns when it shows. Raises Unanswered.

        `none` is the status by which it says that it has none of it.
        """
        row = await self._request(action, payload, [])
        if row.status != CommandStatus.ACCEPTED and (none is None or _status(row) != none):
            raise Unanswered(f"{action}: {row.error or row.status}")

    async def mend(self, action: str, payload: dict[str, Any]) -> bool:
        """Send something again; whether the station has taken it. What it has not is noted."""
        row = await self._request(action, payload, self.sent)
        if row.status != CommandStatus.ACCEPTED:
            self.problem = f"{action}: {row.error or row.status}"
        return row.status == CommandStatus.ACCEPTED

    async def can_say(self, action: str) -> bool:
        """Whether the station's version has words for it; reads `availability`."""
        station = (await stations_by_id(self.pool, [self.station_id])).get(self.station_id)
        return station is not None and (station.ocpp_version, action) in SENDERS

    async def running(self) -> set[str]:
        """The station's transactions that have not ended, as it knows them; reads `sessions`."""
        page = await transactions_page(
            self.pool, _MOST, None, station_id=self.station_id, state=TransactionState.ACTIVE
        )
        return {row.transaction_id for row in page.rows}

    async def wait_for(self, come: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until what a station sends after its answer shows. Raises Unanswered if it does not in time."""
        deadline = monotonic() + _PATIENCE
        while not await come():
            if monotonic() > deadline:
                raise Unanswered(f"{what} did not come")
            await asyncio.sleep(0.05)

    @staticmethod
    def number() -> int:
        """For a request that reports refer to."""
        return 1 + secrets.randbelow(2**31 - 1)

    async def _request(self, action: str, payload: dict[str, Any], ids: list[str]) -> CommandRow:
        wish = Wish(self.station_id, action, payload, True, None, _PATIENCE, _PATIENCE)
        command_id, _ = await request(self, wish)
        ids.append(command_id)
        await self.up_to_date()
        return (await commands_by_id(self.pool, [command_id]))[command_id]

    async def up_to_date(self) -> None:
        """Wait until what has been recorded shows. Raises Unanswered if it does not in time."""
        head, deadline = await self.journal.head(), monotonic() + _PATIENCE
        while await position(self.pool, (*self.models, commands)) < head:
            if monotonic() > deadline:
                raise Unanswered("the read models are behind")
            await asyncio.sleep(0.05)

    def finding(self, subject: str) -> Finding:
        return Finding(subject, self.differing, tuple(self.sent), self.problem)


def _status(row: CommandRow) -> Any:
    return msgspec.json.decode(row.response).get("status") if row.response else None


class Subject(NamedTuple):
    """Something that a station keeps: its name, what is read of it, and how it is compared and mended."""

    name: str
    models: tuple[ReadModel, ...]
    reconcile: Callable[[Desk], Awaitable[None]]
