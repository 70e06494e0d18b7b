"""A front-end that knows only the schema: queries and mutations over HTTP, subscriptions over graphql-transport-ws."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.endtoend.server import KEY, Server

_numbers = itertools.count(1)
COMMAND = "command { id action payload status sentAction sentPayload response error sentAt answeredAt }"


class Api:
    """The GraphQL API of a server. Use as a context."""

    def __init__(self, server: Server, key: str | None = KEY) -> None:
        self.server = server
        self.key = key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.AsyncClient(base_url=server.http, headers=headers, timeout=60, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.http.aclose()

    async def post(self, document: str, variables: dict[str, Any] | None = None) -> httpx.Response:
        return await self.http.post("/graphql", json={"query": document, "variables": variables or {}})

    async def ask(self, document: str, **variables: Any) -> Any:
        """The data of a query that goes well."""
        response = await self.post(document, variables)
        answer = response.json()
        assert (response.status_code, answer.get("errors")) == (200, None), response.text
        return answer["data"]

    async def do(self, name: str, fields: str = "", **input: Any) -> Any:
        """The payload of a mutation, refused or not."""
        kind = name[0].upper() + name[1:] + "Input"
        fields += " position error { code field }"
        document = f"mutation($input: {kind}!) {{ it: {name}(input: $input) {{ {fields} }} }}"
        return (await self.ask(document, input=input))["it"]

    async def well(self, name: str, fields: str = "", **input: Any) -> Any:
        """The payload of a mutation that goes well."""
        payload = await self.do(name, fields, **input)
        assert payload["error"] is None, payload
        return payload

    async def command(self, name: str, **input: Any) -> Any:
        """What has become of a command when its wait is over."""
        return (await self.well(name, COMMAND, **input))["command"]

    async def now(self) -> str:
        """A position behind everything that has been recorded so far."""
        return (await self.well("setIdToken", idToken=f"now-{next(_numbers)}", status="Invalid"))["position"]

    async def seen(self, document: str, **variables: Any) -> Any:
        """The answer to a query with $now, which has everything that stations were answered before."""
        return await self.ask(document, now=await self.now(), **variables)

    async def until(
        self, condition: Callable[[Any], bool], document: str, seconds: float = 20, **variables: Any
    ) -> Any:
        """The first answer to a query that fulfils the condition."""
        answer = None
        try:
            async with asyncio.timeout(seconds):
                while not condition(answer := await self.ask(document, **variables)):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"still {answer}") from None
        return answer

    @asynccontextmanager
    async def socket(self, key: str | None = None) -> AsyncIterator[ClientConnection]:
        """A WebSocket that has been let in."""
        url = f"{self.server.http.replace('http', 'ws', 1)}/graphql"
        async with connect(url, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
            headers = {"Authorization": f"Bearer {key or self.key}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": headers}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket

    @asynccontextmanager
    async def subscribed(self, document: str, **variables: Any) -> AsyncIterator[AsyncIterator[Any]]:
        """The items of a subscription with one field, as they come."""
        async with self.socket() as socket:
            payload = {"query": document, "variables": variables}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            await asyncio.sleep(0.3)  # the protocol does not tell when a subscription stands
            yield _items(socket)


async def _items(socket: ClientConnection) -> AsyncIterator[Any]:
    async for raw in socket:
        message = json.loads(raw)
        if message["type"] == "ping":
            await socket.send('{"type":"pong"}')
            continue
        assert message["type"] == "next", message
        assert not message["payload"].get("errors"), message
        [item] = message["payload"]["data"].values()
        yield item


async def first(items: AsyncIterator[Any], condition: Callable[[Any], bool], seconds: float = 20) -> Any:
    """The first item that fulfils the condition."""
    async with asyncio.timeout(seconds):
        async for item in items:
            if condition(item):
                return item
    raise AssertionError("the subscription has ended")
