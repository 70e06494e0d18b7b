"""A station's line in wire form, for tests of what is around the messages."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

BOOT = {"chargePointVendor": "Volt", "chargePointModel": "X"}


class Line:
    """Answers every CALL of the server with Accepted, and remembers it in `heard`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[tuple[str, Any]] = []
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._reading = asyncio.create_task(self._read())

    async def send(self, action: str, **payload: Any) -> asyncio.Future[Any]:
        """Say something; the answer will be in the future."""
        message_id = f"m{next(self._numbers)}"
        answer = self._answers[message_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        return answer

    async def call(self, action: str, **payload: Any) -> Any:
        """The payload of the answer, or the code of the CALLERROR."""
        return await asyncio.wait_for(await self.send(action, **payload), 30)

    async def boot(self) -> None:
        assert (await self.call("BootNotification", **BOOT))["status"] == "Accepted"

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for raw in self.socket:
                kind, message_id, *rest = json.loads(raw)
                if kind == 2:
                    self.heard.append((rest[0], rest[1]))
                    await self.socket.send(json.dumps([3, message_id, {"status": "Accepted"}]))
                else:
                    self._answers.pop(message_id).set_result(rest[0])

    async def closed(self) -> int | None:
        """The code with which the server closed."""
        await asyncio.wait_for(self._reading, 30)
        return self.socket.close_code


@asynccontextmanager
async def station(port: int | None, name: str = "CS1", **more: Any) -> AsyncIterator[Line]:
    async with connect(f"ws://127.0.0.1:{port}/{name}", subprotocols=["ocpp1.6"], **more) as socket:  # type: ignore[list-item]
        yield Line(socket)


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 30) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)
