"""The short way of a station's socket says and does what the library's own way does, however the bytes arrive."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN, State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from api.ocpp.socket import StationSocket

LIMIT = 700


class Wire(asyncio.Transport):
    """What the server writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.written += b"|"

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...


class End:
    """The server's end of a connection that is open; it repeats each text, as it is heard."""

    def __init__(self, *, short_way: bool, deflate: bool = False) -> None:
        protocol = ServerProtocol(state=OPEN, max_size=LIMIT)
        if deflate:
            protocol.extensions = [PerMessageDeflate(True, True, 15, 15)]
        self.wire, self.heard = Wire(), list[str]()
        self.socket: Any = StationSocket(protocol, None)  # type: ignore[arg-type]
        super(ServerConnection, self.socket).connection_made(self.wire)  # without the task of a handler
        self.socket.request, self.socket.heard = Request("/", Headers()), self.hear
        if not short_way:
            self.socket._whole_text = lambda data: None

    def hear(self, text: str) -> None:
        self.heard.append(text)
        assert self.socket.say(text.encode()) == (self.socket.protocol.state is State.OPEN)

    def gets(self, *chunks: bytes) -> tuple[list[str], bytes, State]:
        for chunk in chunks:
            self.socket.data_received(chunk)
        return self.heard, self.wire.written, self.socket.protocol.state


def masked(opcode: Opcode, data: bytes, **more: Any) -> bytes:
    return Frame(opcode, data, **more).serialize(mask=True)


def said(*texts: str) -> bytes:
    return b"".join(masked(Opcode.TEXT, text.encode()) for text in texts)


TEXT = said('[2,"1","Heartbeat",{}]')
STREAMS = {
    "a text": TEXT,
    "a longer text": said("x" * 126),
    "the longest": said("é" * (LIMIT // 2)),
    "too long": said("x" * (LIMIT + 1)),
    "two at once": said("one", "two"),
    "an empty text": said(""),
    "pieces": masked(Opcode.TEXT, b"on", fin=False) + masked(Opcode.CONT, b"e") + TEXT,
    "a text between pieces": masked(Opcode.TEXT, b"on", fin=False) + TEXT,
    "a ping": masked(Opcode.PING, b"?") + TEXT,
    "bad UTF-8": masked(Opcode.TEXT, b"\xff\xfe") + TEXT,
    "not masked": Frame(Opcode.TEXT, b"one").serialize(mask=False),
    "reserved bit": bytes([TEXT[0] | 0x40]) + TEXT[1:],
    "a close, then a text": masked(Opcode.CLOSE, b"\x03\xe8") + TEXT,
    "eight bytes of length": b"\x81\xff" + (3).to_bytes(8) + b"\0\0\0\0one",
    "a frame that looks like two": masked(Opcode.TEXT, b"\x81\x83\0\0\0\0abc") + TEXT,
}


@pytest.mark.parametrize("name", STREAMS)
async def test_the_short_way_does_what_the_librarys_way_does_wherever_the_bytes_are_cut(name: str) -> None:
    stream = STREAMS[name]
    for cut in range(len(stream)):
        chunks = [chunk for chunk in (TEXT, stream[:cut], stream[cut:], TEXT) if chunk]
        one, other = End(short_way=True).gets(*chunks), End(short_way=False).gets(*chunks)
        assert one == other, f"cut at {cut}"


async def test_the_short_way_is_taken_for_a_whole_text() -> None:
    end = End(short_way=True)
    end.gets(TEXT)
    end.socket.protocol.receive_data = None  # the library's way would end here
    assert end.gets(TEXT)[0] == ['[2,"1","Heartbeat",{}]'] * 2


async def test_a_station_that_compresses_is_heard_and_reads_the_short_answers_too() -> None:
    client = ClientProtocol(parse_uri("ws://csms.test"), state=OPEN)
    client.extensions = [PerMessageDeflate(True, True, 15, 15)]
    end, texts = End(short_way=True, deflate=True), ["short", "long " * 100, "plain"]
    for text in texts[:2]:
        client.send_text(text.encode())
        end.gets(*client.data_to_send())
    end.gets(said(texts[2]))  # a text may be left uncompressed
    assert end.heard == texts
    client.receive_data(end.wire.written)
    assert [bytes(event.data).decode() for event in client.events_received() if isinstance(event, Frame)] == texts
    assert len(end.wire.written) < len("".join(texts))
