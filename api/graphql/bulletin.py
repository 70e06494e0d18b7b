"""Tells subscribers of this process that something they watch has changed, once the read models show it.

One task listens for the read models' wake-ups and asks once what the new events concern; it wakes only who watches
that. What a subscriber has not taken yet is a set of names, so a slow one gets the latest state and holds nobody up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import asyncpg
import structlog

from api.graphql.errors import Code, stop
from domain.events import Station, StationDay
from projections.all import READ_MODELS
from projections.history import news_after, shown
from projections.runner import CHANNEL

log = structlog.get_logger(__name__)

_SEEN_IN_A_STATION = [
    kind.TOPIC
    for kind in (
        Station.Registered,
        Station.CredentialChanged,
        Station.RegistrationStatusSet,
        Station.BootAnswered,
        Station.Identified,
        Station.TariffAssigned,
        StationDay.Connected,
        StationDay.Disconnected,
        StationDay.Booted,
        StationDay.StatusReported,
    )
]
"""Events after which a station looks different. Each message moves its lastSeenAt too, but that alone is no news."""

_POLL = 1.0
_MOST_UNTAKEN = 10_000
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Watch:
    """The names that have changed and were not taken yet, in the order in which they changed first."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._news = asyncio.Event()

    def add(self, name: str) -> None:
        self._names[name] = None
        self._news.set()

    async def take(self, patience: float) -> list[str]:
        """What has changed since the last time; empty when nothing did for `patience` seconds.

        Raises a clear error if more was left untaken than is kept for a subscriber.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._news.wait()
        if len(self._names) > _MOST_UNTAKEN:
            raise stop(
                Code.TOO_SLOW, "more has changed than this subscription took: read the state anew and subscribe again"
            )
        names = list(self._names)
        self._names.clear()
        self._news.clear()
        return names


class _Topic:
    """Who watches one kind of thing: by name, and under None those who watch all of them."""

    def __init__(self) -> None:
        self._watches: dict[str | None, set[Watch]] = defaultdict(set)

    @contextmanager
    def watch(self, name: str | None = None) -> Iterator[Watch]:
        watch = Watch()
        self._watches[name].add(watch)
        try:
            yield watch
        finally:
            self._watches[name].discard(watch)
            if not self._watches[name]:
                del self._watches[name]

    def __bool__(self) -> bool:
        """Whether anybody watches."""
        return bool(self._watches)

    def tell(self, name: str) -> None:
        for watch in (*self._watches.get(name, ()), *self._watches.get(None, ())):
            if len(watch._names) <= _MOST_UNTAKEN:
                watch.add(name)


class Bulletin:
    """Start `run` as a task.

    `stations` is told station ids, `transactions` ids of transactions, `journal` the station of any event, or "".
    """

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self._dsn = dsn
        self._pool = pool
        self._wake = asyncio.Event()
        self._tick = asyncio.Event()
        self.stations = _Topic()
        self.transactions = _Topic()
        self.journal = _Topic()
        self.position: int | None = None
        """Up to here everything is shown, and everybody concerned was told."""
        self.ticks = 0
        self.listening = False

    async def run(self) -> None:
        """Until it is cancelled. While the database is away nobody is told anything; nothing is missed."""
        listener = asyncio.create_task(self._listen(), name="bulletin-listen")
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL):  # wait_for of Python 3.11 may swallow a cancellation
                        await self._wake.wait()
                self._wake.clear()
                try:
                    await self._advance()
                except _AWAY as error:
                    log.warning("graphql.bulletin_interrupted", error=repr(error))
                    await asyncio.sleep(_POLL)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def ticked(self, since: int, patience: float) -> None:
        """Wait until the read models moved on after `since` (a value of `ticks`), or the time is over."""
        if self.ticks <= since:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._tick.wait()

    async def _advance(self) -> None:
        if self.position is not None and not (self.stations or self.transactions or self.journal):
            self.position = await shown(self._pool, READ_MODELS)  # nobody to tell
            self._turn()
            return
        news = await news_after(self._pool, self.position, READ_MODELS, _SEEN_IN_A_STATION)
        self.position = news.upto
        self._turn()
        for station, transaction, seen_in_station in news.concerns:
            self._tell(station, transaction, seen_in_station)
        if news.more:
            self._wake.set()

    def _turn(self) -> None:
        self.ticks += 1
        self._tick.set()
        self._tick = asyncio.Event()

    def _tell(self, station: str | None, transaction: str | None, seen_in_station: bool) -> None:
        name = unquote(station or "")
        self.journal.tell(name)
        if seen_in_station:
            self.stations.tell(name)
        if transaction is not None:
            self.transactions.tell(f"{station}/{transaction}")

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(*_AWAY):
                await self._listen_once()
            self.listening = False
            await asyncio.sleep(_POLL)

    async def _listen_once(self) -> None:
        connection: Any = await asyncpg.connect(self._dsn, timeout=10, command_timeout=10)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda *_: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            self.listening = True
            self._wake.set()
            await lost.wait()
        finally:
            connection.terminate()
