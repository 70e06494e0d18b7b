"""Recording a wish to a station, once, and waiting for what becomes of it.

The journal is all that connects this to the process that holds the station's socket.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol, cast
from weakref import WeakValueDictionary

import asyncpg

from api.graphql.deciding import checked, require_known, within_bounds
from api.graphql.errors import Refused, UserErrorCode
from domain.aggregate import DomainEvent
from domain.command import OPEN, Command
from domain.events import Station
from domain.journal import Entry, Journal, load
from projections.commands import stream_ending
from projections.history import position_of_stream

LONGEST_WAIT = 60
LONGEST_LIFE = 7 * 24 * 3600
_LONGEST_KEY = 200
_PAUSE = 0.02
"""Seconds between two looks at a command, however busy the journal is."""
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class Office(Protocol):
    """Where wishes are recorded, and waited for."""

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def clock(self) -> Callable[[], datetime]: ...


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a station, in our own words (`typed`) or in those of the station's version."""

    station_id: str
    action: str
    payload: dict[str, Any]
    typed: bool
    idempotency_key: str | None
    wait_seconds: float
    expires_in_seconds: float
    drawn: frozenset[str] = frozenset()
    """The parts of the payload that are drawn anew for each request and do not make it another one."""


async def request(services: Office, wish: Wish) -> tuple[str, int]:
    """The id of the command, new or the one of this idempotency key, and the position it has after the wait."""
    within_bounds("waitSeconds", wish.wait_seconds, 0, LONGEST_WAIT)
    within_bounds("expiresInSeconds", wish.expires_in_seconds, 1, LONGEST_LIFE)
    require_known(await load(services.journal, Station, Station.stream(wish.station_id)), wish.station_id)
    if wish.idempotency_key is None:
        command_id = _leading_with_time(services.clock()) + secrets.token_hex(8)
        stream = await _record(services, wish, command_id)
    else:
        command_id, stream = await _once(services, wish, checked("idempotencyKey", wish.idempotency_key, _LONGEST_KEY))
    await _outcome(services, stream, wish.wait_seconds)
    return command_id, await position_of_stream(services.pool, stream)


def _leading_with_time(now: datetime) -> str:
    return f"{int(now.timestamp() * 1000):011x}"


async def _once(services: Office, wish: Wish, key: str) -> tuple[str, str]:
    """Find the command of this key or record it, while nobody else in any process does the same.

    An id leads with its time, so two requests cannot derive the same one: they take turns instead. Whoever comes second
    finds what the first has recorded in the journal itself.
    """
    name = f"{wish.station_id}\0{key}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    ending, number = digest[:24], int.from_bytes(bytes.fromhex(digest[24:40]), signed=True)
    # In this process they queue here, so that each key holds one connection of the pool at most.
    lock = _locks.setdefault(name, asyncio.Lock())
    async with lock, services.pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", number)
        try:
            stream = await stream_ending(connection, wish.station_id, ending)
            if stream is None:
                stream = await _record(services, wish, _leading_with_time(services.clock()) + ending)
                return stream.rpartition("/")[2], stream
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", number)
    await _require_same(services, stream, wish)
    return stream.rpartition("/")[2], stream


async def _record(services: Office, wish: Wish, command_id: str) -> str:
    now = services.clock()
    stream = Command.stream(wish.station_id, command_id, now)
    command = Command.blank(stream)
    command.request(
        station_id=wish.station_id,
        command_id=command_id,
        action=wish.action,
        payload=wish.payload,
        typed=wish.typed,
        expires_at=now + timedelta(seconds=wish.expires_in_seconds),
        idempotency_key=wish.idempotency_key,
        at=now,
    )
    await services.journal.append([Entry(event) for event in cast("list[DomainEvent]", list(command.collect_events()))])
    return stream


async def _require_same(services: Office, stream: str, wish: Wish) -> None:
    """A key that comes back with something else to do is a mistake that must not look like success."""
    command = await load(services.journal, Command, stream)
    anything = dict.fromkeys(wish.drawn)
    asked = (command.action, command.typed, command.payload | anything)
    if asked != (wish.action, wish.typed, wish.payload | anything):
        message = "this key was used for another command of this station"
        raise Refused(UserErrorCode.IDEMPOTENCY_KEY_REUSED, message, "idempotencyKey")


async def _outcome(services: Office, stream: str, patience: float) -> None:
    """Return when the command has ended, or the patience has."""
    journal, deadline = services.journal, monotonic() + patience
    command = Command.blank(stream)
    while (left := deadline - monotonic()) > 0:
        ticks = journal.ticks
        for event in await journal.events(stream, command.version):
            event.mutate(command)
        if command.status not in OPEN:
            return
        await asyncio.sleep(min(_PAUSE, left))
        await journal.woken(ticks, min(0.5, left))
