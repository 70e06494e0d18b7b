"""A line to PostgreSQL that breaks where it hurts: it knows enough of the protocol to see the INSERT and its answer."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum
from urllib.parse import parse_qs, urlsplit

_SSL_REQUEST = 80877103
_PANIC = b"SPANIC\0VPANIC\0C58030\0Mcould not fsync file\0\0"


class Fate(Enum):
    """What happens to one INSERT and then to its connection."""

    PASS = "passed"
    LOST_BEFORE = "cut before it reached the server"
    LOST_DURING = "cut while the server works on it; the server does not notice"
    LOST_AFTER = "cut after the server has committed, before the answer arrived"
    PANIC = "committed, but the server breaks down instead of saying so"
    SILENCE = "committed, and the line goes dead without a sign"


class Proxy:
    """`fate` is asked once for every INSERT; `happened` counts the answers."""

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self.fate: Callable[[], Fate] = lambda: Fate.PASS
        self.happened: Counter[Fate] = Counter()
        self.silent = False
        """Nothing gets through any more, on new connections neither."""
        self._lines: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def dsn(self) -> str:
        user = self._target.netloc.rpartition("@")[0]
        return f"postgresql://{user}@127.0.0.1:{self._port}{self._target.path}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for line in self._lines:
                line.cancel()
            await asyncio.gather(*self._lines, return_exceptions=True)

    def cut_all(self) -> None:
        for line in self._lines:
            line.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._serve(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = parse_qs(self._target.query).get("host", [self._target.hostname])[0] or "127.0.0.1"
        port = self._target.port or 5432
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        orphan: asyncio.StreamWriter | None = None
        try:
            upstream, to_server = await self._connect()
            orphan = to_server
            async with asyncio.TaskGroup() as group:
                line = _Line(self, upstream, writer)
                group.create_task(line.answers())
                group.create_task(line.requests(reader, to_server))
        except* (_Cut, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            with contextlib.suppress(OSError):
                writer.transport.abort()
                if orphan is not None:
                    orphan.transport.abort()


class _Cut(Exception):
    pass


class _Line:
    def __init__(self, proxy: Proxy, upstream: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._upstream = upstream
        self._to_client = to_client
        self._fate = Fate.PASS

    async def answers(self) -> None:
        """The server's messages, until one that must not arrive."""
        while True:
            message = await _message(self._upstream)
            if self._fate is Fate.LOST_DURING:
                await asyncio.Event().wait()
            if self._fate is Fate.PASS and not self._proxy.silent:
                self._to_client.write(message)
            elif message[:1] == b"Z":
                if self._fate is Fate.PANIC:
                    self._to_client.write(b"E" + struct.pack("!I", len(_PANIC) + 4) + _PANIC)
                    await self._to_client.drain()
                    await asyncio.sleep(0.005)
                if self._fate in (Fate.PANIC, Fate.LOST_AFTER):
                    raise _Cut

    async def requests(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        """The client's messages; those from the Bind of an INSERT to its Sync share one fate."""
        await self._start(reader, to_server)
        inserts: set[bytes] = set()
        held = b""
        while True:
            message = await _message(reader)
            kind, body = message[:1], message[5:]
            if kind == b"P" and b"INSERT INTO stored_events" in body:
                inserts.add(body.partition(b"\0")[0])
            if held or (kind == b"B" and body.split(b"\0", 2)[1] in inserts):
                held += message
                if kind != b"S":
                    continue
                message, held = held, b""
                self._fate = self._proxy.fate()
                self._proxy.happened[self._fate] += 1
                if self._fate is Fate.LOST_BEFORE:
                    raise _Cut
            if not self._proxy.silent:
                to_server.write(message)
            if self._fate is Fate.LOST_DURING:
                await to_server.drain()
                self._to_client.transport.abort()
                await asyncio.sleep(5)  # the server's side stays open meanwhile

    async def _start(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        while True:
            length = await reader.readexactly(4)
            body = await reader.readexactly(struct.unpack("!I", length)[0] - 4)
            if struct.unpack("!I", body[:4])[0] != _SSL_REQUEST:
                break
            self._to_client.write(b"N")
        if not self._proxy.silent:
            to_server.write(length + body)


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
