"""One end of an OCPP-J connection, without I/O: text in, what to do next out (1.6 and 2.x Part 4 §4).

The caller reads a message, gives it to `receive`, and acts on what comes back: a Call is to be served and then reported
with `served`; an Answer belongs to the call made with `call`; a Refusal may carry a text to send; Noise needs nothing
but a log line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.ocpp.frame import Call, CallError, CallResult, Malformed, encode_call, encode_error, parse
from api.ocpp.versions import Version


@dataclass(slots=True)
class Answer:
    """What the station said to our call: a payload, or an error."""

    payload: Any = None
    error: CallError | None = None


@dataclass(slots=True)
class Refusal:
    """A message that cannot be served. `reply` is the CALLERROR to send, None where the standard wants silence."""

    code: str
    description: str
    reply: bytes | None


@dataclass(slots=True)
class Noise:
    """An answer to nothing: ignored (2.0.1 Part 4 §4.2)."""

    reason: str


Incoming = Call | Answer | Refusal | Noise


class Busy(RuntimeError):
    """A call is still open: only one may be, in each direction (Part 4 §4.1)."""


class RpcPeer:
    __slots__ = ("_open_call", "_serving", "version")

    def __init__(self, version: Version) -> None:
        self.version = version
        self._serving: set[str] = set()
        self._open_call: str | None = None

    def receive(self, raw: str) -> Incoming:
        frame = parse(raw, self.version)
        if isinstance(frame, Call):
            message_id = frame.message_id
            if message_id in self._serving:
                return self.refuse(message_id, "RpcFrameworkError", f"message id {message_id} is still being processed")
            self._serving.add(message_id)
            return frame
        match frame:
            case CallResult(message_id, payload) if message_id == self._open_call:
                self._open_call = None
                return Answer(payload)
            case CallError(message_id) if message_id == self._open_call:
                self._open_call = None
                return Answer(error=frame)
            case Malformed(message_id, code, description, answerable=False) if message_id == self._open_call:
                self._open_call = None
                return Answer(error=CallError(message_id, code, description))
            case Malformed(message_id, code, description, answerable):
                return self.refuse(message_id, code, description) if answerable else Refusal(code, description, None)
        return Noise(f"an answer to message {frame.message_id}, which is not open")

    def refuse(self, message_id: str, code: str, description: str) -> Refusal:
        return Refusal(code, description, encode_error(message_id, code, description, self.version))

    def served(self, message_id: str) -> None:
        """The call has been answered, or never will be."""
        self._serving.discard(message_id)

    def call(self, message_id: str, action: str, payload: Any) -> bytes:
        """The text of a call of ours; its Answer comes from `receive`. Raises Busy while another is open."""
        if self._open_call is not None:
            raise Busy(self._open_call)
        self._open_call = message_id
        return encode_call(message_id, action, payload)

    def give_up(self) -> None:
        """The open call will not be waited for any longer; a late answer to it is Noise."""
        self._open_call = None
