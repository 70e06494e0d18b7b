"""A WebSocket with a short way for what is common: a whole text message in, a short text out.

The library's way goes through a queue, a task that waits for it and a context manager: a tenth of all that a message
costs. Whatever is not common (fragments, binary, bad UTF-8, a peer that does not read) goes the library's way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Event


class StationSocket(ServerConnection):
    """`heard` is called with each text message as it arrives; what `recv` still returns came in pieces."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.heard: Callable[[str], None] | None = None
        self.assumed: str | None = None
        """The subprotocol of a station that offers none and is known to speak it."""

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
        self.protocol.send_text(text)
        self.send_data()
        return True
