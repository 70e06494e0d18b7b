from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket

from api.ocpp.listener import listen
from api.ocpp.node import Node
from api.ocpp.registry import load_messages
from domain.events import IdTokenRecord
from domain.id_token import Permission
from domain.journal import InMemoryJournal
from domain.values import AuthorizationStatus, IdToken
from tests.api.ocpp.line import BY_NAME, LIMIT, Clock, Line, record, register

load_messages()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(clock: Clock) -> Node:
    return Node("node-1", InMemoryJournal(), clock, b"pepper")


@pytest.fixture
def connect(node: Node) -> Callable[..., Awaitable[Line]]:
    """Connects a station of a version that was registered; it boots unless told otherwise."""

    async def connect(version: str, station_id: str = "CS1", *, boots: bool = True) -> Line:
        await register(node, station_id)
        line = await Line(node, BY_NAME[version], station_id).connect()
        return await line.boot() if boots else line

    return connect


@pytest.fixture(params=sorted(BY_NAME))
async def line(request: pytest.FixtureRequest, connect: Callable[..., Awaitable[Line]]) -> Line:
    """A booted station, once of each version."""
    return await connect(request.param)


@pytest.fixture
async def v16(connect: Callable[..., Awaitable[Line]]) -> Line:
    return await connect("1.6", "CS16")


@pytest.fixture
async def v201(connect: Callable[..., Awaitable[Line]]) -> Line:
    return await connect("2.0.1", "CS201")


@pytest.fixture
def permit(node: Node) -> Callable[..., Awaitable[None]]:
    """Says what a token may do."""

    async def permit(
        value: str,
        status: AuthorizationStatus = AuthorizationStatus.ACCEPTED,
        *,
        type: str | None = None,
        expires_at: datetime | None = None,
        group_id: str | None = None,
        exclusive: bool = False,
    ) -> None:
        stream = IdTokenRecord.stream(value)
        permission = Permission(status, expires_at, group_id)
        await record(
            node,
            stream,
            IdTokenRecord,
            lambda token: token.set(IdToken(value, type), permission, node.clock(), exclusive=exclusive),
        )
        node.id_tokens.forget(stream)

    return permit


@pytest.fixture
async def dial(node: Node) -> AsyncIterator[Callable[..., Any]]:
    """Connects to a listener of the node: `dial("CS1", "ocpp2.0.1", user="CS1", password="…")`."""
    server = await listen(node, "127.0.0.1", 0, max_message_bytes=LIMIT)
    [socket] = server.sockets
    port = socket.getsockname()[1]

    @asynccontextmanager
    async def dial(
        path: str, *offered: str, user: str | None = None, password: str | bytes = b"", header: str = "", **more: Any
    ) -> AsyncIterator[ClientConnection]:
        if user is not None:
            secret = password.encode() if isinstance(password, str) else password
            header = f"Basic {b64encode(user.encode() + b':' + secret).decode()}"
        more |= {"subprotocols": offered or None, "proxy": None}
        more["additional_headers"] = {"Authorization": header} if header else {}
        async with asyncio.timeout(10), connect_websocket(f"ws://127.0.0.1:{port}/ocpp/{path}", **more) as client:
            yield client

    yield dial
    server.close()
    await server.wait_closed()
