"""Simulated time: it starts at the wall clock and runs `speed` times as fast.

With `speed` > 1 the stations' clocks therefore run ahead of the server's, and a server that watches clocks will say so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self, speed: float = 1.0, started: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError("speed must be positive")
        self.speed = speed
        self._started = started or datetime.now(UTC)
        self._ticks: Callable[[], float] = time.monotonic
        self._zero = self._ticks()

    def seconds(self) -> float:
        """Simulated seconds since the start."""
        return (self._ticks() - self._zero) * self.speed

    def now(self) -> datetime:
        """To the millisecond, as it goes over the wire."""
        moment = self._started + timedelta(seconds=self.seconds())
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        """Wait for the event, at most so many simulated seconds; says whether it came."""
        try:
            async with asyncio.timeout(None if seconds is None else max(seconds, 0.0) / self.speed):
                await event.wait()
        except TimeoutError:
            return False
        return True


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with three decimals, as stations send it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
