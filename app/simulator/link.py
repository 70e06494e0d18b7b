"""One connection: the half of an `ocpp` ChargePoint that both versions share. A reconnected station gets a new one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ocpp.exceptions import OCPPError, SecurityError, UnknownCallErrorCodeError, ValidationError
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from app.simulator.station import Station


log = logging.getLogger("simulator")


class Offline(Exception):
    """The socket went before the answer came."""


class Refused(Exception):
    """A CALLERROR, or an answer the station cannot read."""


class Link:
    """Mixed in before the ChargePoint of a version."""

    station: Station
    _connection: Any
    _deaf = False

    def join(self, station: Station) -> None:
        self.station = station
        self._open: set[asyncio.Task[Any]] = set()

    async def route_message(self, raw_msg: str) -> None:
        if not self._deaf:
            await super().route_message(raw_msg)  # type: ignore[misc]

    async def request(self, payload: Any) -> Any:
        """Send a CALL under a new message id; raises Offline, Refused or TimeoutError."""
        stats, action = self.station.stats, type(payload).__name__
        checked = self.station.plan.strict or self.station.first(action)
        stats.messages_sent += 1
        call = asyncio.create_task(
            self.call(payload, suppress=False, skip_schema_validation=not checked)  # type: ignore[attr-defined]
        )
        self._open.add(call)
        try:
            await asyncio.wait({call})
        finally:  # a cancellation that ends up here is ours, one inside the call is the line's
            self._open.discard(call)
            call.cancel()
        if call.cancelled():
            raise Offline
        try:
            answer = call.result()
        except ConnectionClosed:
            raise Offline from None
        except TimeoutError:
            stats.timeouts += 1
            raise
        except (OCPPError, UnknownCallErrorCodeError, ValidationError, TypeError) as error:
            stats.call_errors += 1
            stats.problems.append(f"{self.station.id} {action}: {error}")
            if isinstance(error, SecurityError):  # the server forgot us: boot again
                self.station.line.forgotten()
            raise Refused(str(error)) from error
        stats.answers += 1
        return answer

    async def _tell(self, payloads: Iterable[Any]) -> None:
        """Send what a command set off, also before the station is accepted."""
        for payload in payloads:
            try:
                await self.request(payload)
            except (Offline, Refused, TimeoutError):
                return

    async def lose_answer(self, payload: Any) -> None:
        """Send, hear nothing more, and lose the line before the answer is read."""
        self._deaf = True
        asyncio.get_running_loop().call_later(0.02, self.drop)
        await self.request(payload)

    def drop(self) -> None:
        """Lose the line without a word."""
        self._connection.transport.abort()

    async def hang_up(self) -> None:
        await self._connection.close()

    def closed(self) -> None:
        """Tell everyone who still waits for an answer that none will come."""
        for call in tuple(self._open):
            call.cancel()
