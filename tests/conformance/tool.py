"""The certification tool in the part of the station: raw frames over a WebSocket, nothing of the server's code."""

from __future__ import annotations

import asyncio
import itertools
import json
from base64 import b64encode
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.api.ocpp.line import BY_NAME, official
from tests.endtoend.front_end import COMMAND, Api

numbers = itertools.count(1)


class Refused(Exception):
    """The server answered with a CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


class Heard(NamedTuple):
    """A call of the server: `payload` is valid by the official schema."""

    message_id: str
    action: str
    payload: dict[str, Any]


def moment(minutes: float = 0) -> str:
    """A time so many minutes from now, as stations write it."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Tool:
    """A station of one version. Use as a context: it is connected inside; `connect` again after `close`."""

    def __init__(self, api: Api, version: str, station_id: str, password: str | bytes | None) -> None:
        self.api = api
        self.version = BY_NAME[version]
        self.id = station_id
        self.password = password
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Raises websockets' InvalidStatus if the server refuses."""
        headers = {}
        if self.password is not None:
            secret = self.password.encode() if isinstance(self.password, str) else self.password
            headers["Authorization"] = "Basic " + b64encode(self.id.encode() + b":" + secret).decode()
        url = f"{self.api.server.ocpp}/{self.id}"
        protocol: Any = self.version.subprotocol
        self._socket = await connect(url, subprotocols=[protocol], additional_headers=headers, proxy=None)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        if self._socket is not None and self._reader is not None:
            await self._socket.close()
            await self._reader

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for raw in socket:
                kind, message_id, *rest = json.loads(raw)
                if kind == 2:
                    action, payload = rest
                    official(self.version, f"{action}{self.version.request_suffix}").validate(payload)
                    self._heard.put_nowait(Heard(message_id, action, payload))
                elif kind == 3:
                    self._answers.pop(message_id).set_result(rest[0])
                else:
                    self._answers.pop(message_id).set_exception(Refused(rest[0], rest[1]))

    async def call(self, action: str, /, **payload: Any) -> dict[str, Any]:
        """Say something; the server's answer, valid by the official schema. Raises Refused."""
        assert self._socket is not None
        message_id = f"tool-{next(numbers)}"
        answer = self._answers[message_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps([2, message_id, action, payload]))
        response: dict[str, Any] = await asyncio.wait_for(answer, 10)
        official(self.version, f"{action}Response").validate(response)
        return response

    async def hears(self, action: str) -> Heard:
        """The next call of the server, which has to be this."""
        heard = await asyncio.wait_for(self._heard.get(), 10)
        assert heard.action == action, heard
        return heard

    async def answers(self, heard: Heard, **response: Any) -> None:
        assert self._socket is not None
        official(self.version, f"{heard.action}Response").validate(response)
        await self._socket.send(json.dumps([3, heard.message_id, response]))

    async def refuses(self, heard: Heard, code: str, description: str) -> None:
        """Answer a call of the server with a CALLERROR."""
        assert self._socket is not None
        await self._socket.send(json.dumps([4, heard.message_id, code, description, {}]))

    async def asked(
        self, mutation: str, action: str, answer: dict[str, Any], **input: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The operator does a mutation, the station hears this action and answers so. Returns what it heard, and the
        command as the operator sees it then.
        """
        heard, payload = await self.told(self.api.well(mutation, COMMAND, stationId=self.id, **input), action, answer)
        return heard, payload["command"]

    async def told(
        self, mutation: Coroutine[Any, Any, Any], action: str, answer: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same with a mutation that asks for fields of its own; returns its whole payload."""
        asking = asyncio.create_task(mutation)
        try:
            heard = await self.hears(action)
            await self.answers(heard, **answer)
            return heard.payload, await asking
        finally:
            asking.cancel()
