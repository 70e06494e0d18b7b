"""A WebSocket with a short way for what is common: one whole text message in, a short text out.

The library's way goes through two generators, a queue, a task that waits for it and a context manager: a fourth of all
that a message costs. Whatever is not common (messages in pieces, several at once, compressed, binary, bad UTF-8, a peer
that does not read) goes the library's way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]
from websockets.protocol import OPEN, Event

_WHOLE_TEXT = 0x80 | Opcode.TEXT
"""The first byte of a text message that is one frame, uncompressed (RFC 6455 §5.2)."""
_MASKED, _TWO_BYTES = 0x80, 126
_HEADS = [bytes((_WHOLE_TEXT, length)) for length in range(_TWO_BYTES)]


class StationSocket(ServerConnection):
    """`heard` is called with each text message as it arrives; what `recv` still returns came in pieces."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.heard: Callable[[str], None] | None = None
        self.assumed: str | None = None
        """The subprotocol of a station that offers none and is known to speak it."""
        self._between_frames = False

    def data_received(self, data: bytes) -> None:
        if self._between_frames and self.heard is not None and (text := self._whole_text(data)) is not None:
            self.heard(text)
            return
        super().data_received(data)
        self._between_frames = not len(self.recv_messages.frames) and _is_between_frames(self.protocol)

    def _whole_text(self, data: bytes) -> str | None:
        """The text, if this is exactly one message that the library would have nothing against."""
        if len(data) < 6 or data[0] != _WHOLE_TEXT or self.protocol.state is not OPEN:
            return None
        start, length = 2, data[1] - _MASKED
        if length == _TWO_BYTES:
            start, length = 4, int.from_bytes(data[2:4])
        most = self.protocol.max_message_size
        if len(data) != start + 4 + length or length < 0 or (most is not None and length > most):
            return None
        try:
            return str(apply_mask(data[start + 4 :], data[start : start + 4]), "utf-8")
        except UnicodeDecodeError:
            return None

    def process_event(self, event: Event) -> None:
        if (
            self.heard is not None
            and isinstance(event, Frame)
            and event.opcode is Opcode.TEXT
            and event.fin
            and not len(self.recv_messages.frames)  # a message that came in pieces before is still to be read
        ):
            try:
                text = str(event.data, "utf-8")
            except UnicodeDecodeError:
                pass  # the library closes the socket for it, as RFC 6455 §8.1 wants
            else:
                self.heard(text)
                return
        super().process_event(event)

    def say(self, text: bytes) -> bool:
        """Write a text now. False: it cannot be written now, and `send` has to be awaited."""
        if self.paused or self.protocol.state is not OPEN or self.transport.is_closing():
            return False
        if len(text) < _TWO_BYTES:  # too short to be worth compressing
            self.transport.write(_HEADS[len(text)] + text)
        else:
            self.protocol.send_text(text)
            self.send_data()
        return True


def _is_between_frames(protocol: Any) -> bool:
    """Whether the library waits for the first byte of a message, with nothing left over from the one before."""
    waiting = protocol.parser
    while waiting.gi_yieldfrom is not None:
        waiting = waiting.gi_yieldfrom
    return waiting.__name__ == "at_eof" and protocol.current_size is None
