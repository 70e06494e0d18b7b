"""A WebSocket client that does as little as RFC 6455 allows, so that the load takes little of the machine it shares."""

from __future__ import annotations

import asyncio
from struct import pack, unpack_from
from urllib.parse import urlsplit

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_NO_MASK = b"\0\0\0\0"
"""Clients have to mask; with a key of zeros the payload stays as it is."""


class Socket(asyncio.Protocol):
    """One message out, one message in: `ask` is all there is."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[bytes] | None = None
        self._upgraded = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    async def ask(self, text: bytes) -> bytes:
        """Send a text and return the next text that comes."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(_frame(_TEXT, text))
        return await self._answer

    def abort(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded.done():
            head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not end:
                return
            self._buffer = bytearray(rest)
            if b" 101 " in head.split(b"\r\n", 1)[0]:
                self._upgraded.set_result(None)
            else:
                self._upgraded.set_exception(ConnectionError(head.decode()))
        while self._take_frame():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        for waiting in (self._upgraded, self._answer):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionError("the server closed the connection"))

    def _take_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return False
            [size] = unpack_from("!H" if size == 126 else "!Q", buffer, 2)
        if len(buffer) < start + size:
            return False
        kind, payload = buffer[0], bytes(buffer[start : start + size])
        del buffer[: start + size]
        if kind == _TEXT and self._answer is not None and not self._answer.done():
            self._answer.set_result(payload)
        elif kind == _PING:
            self._transport.write(_frame(_PONG, payload))
        elif kind == _CLOSE:
            self._transport.close()
        return True


def _frame(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else pack("!BH", 0xFE, size)
    return bytes((kind,)) + length + _NO_MASK + payload


async def connect(url: str, subprotocol: str) -> Socket:
    """Open a socket. Raises ConnectionError if the server does not upgrade."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(Socket, parts.hostname, parts.port)
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
    )
    socket._transport.write(request.encode())
    await socket._upgraded
    return socket
