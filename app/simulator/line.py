"""The station's line to the server: connect, boot, heartbeats, deliver; and again after every break."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from app.simulator.link import Link, Offline, Refused

if TYPE_CHECKING:
    from app.simulator.station import Station

REFUSALS = 3
"""How often a transaction message is sent before the station gives up (TransactionMessageAttempts)."""


class Line:
    def __init__(self, station: Station) -> None:
        self.station = station
        self.link: Link | None = None
        self.registration = ""
        self.boot_reason = "PowerUp"
        self.boot_now = asyncio.Event()
        self.away = 0.0
        """Simulated seconds to stay offline after the next break."""
        self._failures = 0

    @property
    def online(self) -> bool:
        return self.link is not None and self.registration == "Accepted"

    async def run(self) -> None:
        stats = self.station.stats
        while True:
            try:
                async with self._connect() as socket:
                    if socket.subprotocol != self.station.dialect.subprotocol:
                        raise WebSocketException("no common subprotocol")
                    stats.connected += 1
                    try:
                        await self._serve(self.station.dialect.link(socket))
                    finally:
                        stats.connected -= 1
                stats.reconnects += 1
            except (OSError, TimeoutError, EOFError, WebSocketException) as error:
                self._failures += 1
                stats.refusals += 1
                stats.problems.append(f"{self.station.id} connect: {error}")
            away, self.away = self.away, 0.0
            await self.station.clock.sleep(away)
            wait = self.station.plan.retry * 2 ** min(self._failures, 5)
            await asyncio.sleep(wait * self.station.rng.uniform(0.5, 1.0))

    def _connect(self) -> Any:
        station = self.station
        headers = {}
        if station.password is not None:
            credentials = b64encode(station.id.encode() + b":" + station.password).decode()
            headers["Authorization"] = f"Basic {credentials}"
        return connect(
            f"{station.plan.url.rstrip('/')}/{quote(station.id, safe='')}",
            subprotocols=[Subprotocol(station.dialect.subprotocol)],
            additional_headers=headers,
            compression=None,
            ping_interval=60,
            close_timeout=1,
            proxy=None,
        )

    async def _serve(self, link: Link) -> None:
        """Hear and talk until one of both ends."""
        self.link = link
        hear = asyncio.create_task(link.start())  # type: ignore[attr-defined]
        talk = asyncio.create_task(self._talk(link))
        try:
            await asyncio.wait({hear, talk}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.link = None
            link.closed()
            hear.cancel()
            talk.cancel()
            ends = await asyncio.gather(hear, talk, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, (ConnectionClosed, Offline)):
                raise end

    async def _talk(self, link: Link) -> None:
        # A mere reconnect needs no boot (B01, 1.6 §4.2): the server remembers that it accepted us.
        if self.registration != "Accepted":
            await self._boot(link)
        self._failures = 0
        deliver = asyncio.create_task(self._deliver(link))
        try:
            await self.station.tell_all()
            beat = asyncio.create_task(self._beat())
            try:
                await asyncio.wait({deliver, beat}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                beat.cancel()
        finally:
            deliver.cancel()
            ends = await asyncio.gather(deliver, return_exceptions=True)
        if isinstance(ends[0], Exception):
            raise ends[0]

    async def _boot(self, link: Link) -> None:
        station = self.station
        while True:
            self.boot_now.clear()
            interval = 0
            try:
                answer = await link.request(station.dialect.boot(self.boot_reason))
            except (Refused, TimeoutError):
                self.registration = ""
            else:
                station.stats.boots += 1
                self.registration, interval = str(answer.status), int(answer.interval)
                if self.registration == "Accepted":
                    break
            # Pending and Rejected: not before the interval, unless triggered (B02.FR.07, 1.6 §4.2).
            await station.clock.wait(self.boot_now, (interval or 10) * station.clock.speed)
        station.heartbeat_interval = interval or 60
        station.accepted.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.station.heartbeat_interval)
            await self.station.say(self.station.dialect.heartbeat())

    async def _deliver(self, link: Link) -> None:
        """Send the outbox in order; every message stays at the head until it is answered (E13)."""
        station = self.station
        while True:
            message = await station.outbox.head()
            payload = station.dialect.ready(message)
            if station.chaos.loses_answer():
                await link.lose_answer(payload)
            answer = None
            try:
                answer = await link.request(payload)
            except TimeoutError:
                continue
            except Refused:
                message.refusals += 1
                if message.refusals < REFUSALS:
                    await asyncio.sleep(station.plan.retry * message.refusals)
                    continue
                station.stats.dropped += 1
            station.outbox.pop()
            station.delivered(message, answer)
            if station.chaos.duplicates():
                await station.say(payload)

    def forgotten(self) -> None:
        """The server does not know us as accepted any more: hang up, come back with a boot."""
        if self.registration == "Accepted" and self.link is not None:
            self._failures += 1
            self.registration = ""
            self.link.drop()

    def break_off(self, away: float = 0.0) -> None:
        """Lose the line; stay away for so many simulated seconds."""
        if self.link is not None:
            self.away = away
            self.link.drop()

    async def reboot(self, reason: str, away: float = 30.0) -> None:
        self.registration, self.boot_reason, self.away = "", reason, away
        if self.link is not None:
            await self.link.hang_up()
