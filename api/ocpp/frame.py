"""OCPP-J frames: JSON arrays to objects and back (1.6 and 2.x Part 4 §4). No I/O, no state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from api.ocpp.versions import Version

CALL: Final = 2
CALL_RESULT: Final = 3
CALL_ERROR: Final = 4
UNREADABLE_ID: Final = "-1"


@dataclass(slots=True)
class Call:
    message_id: str
    action: str
    payload: Any


@dataclass(slots=True)
class CallResult:
    message_id: str
    payload: Any


@dataclass(slots=True)
class CallError:
    message_id: str
    code: str
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Malformed:
    """A frame that is none of the above. `answerable` says whether the standard wants a CALLERROR for it."""

    message_id: str
    code: str
    description: str
    answerable: bool


Frame = Call | CallResult | CallError | Malformed


def parse(raw: str, version: Version) -> Frame:
    """Read one WebSocket message. Never raises; what cannot be read comes back as Malformed (2.0.1 Part 4 §4.2.3)."""
    try:
        frame = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _unreadable(version, "RpcFrameworkError", f"not valid JSON: {error.msg}")
    if not isinstance(frame, list) or len(frame) < 2 or type(frame[0]) not in (int, float):
        return _unreadable(
            version, "RpcFrameworkError", "not an array that begins with a message type and a message id"
        )
    kind, message_id = frame[0], frame[1]
    if not isinstance(message_id, str) or not message_id:
        return _unreadable(version, "RpcFrameworkError", "the message id is not a text")
    if version.max_message_id is not None and len(message_id) > version.max_message_id:
        return _unreadable(version, "RpcFrameworkError", f"the message id is longer than {version.max_message_id}")
    if "\\u0000" in raw and _has_nul(frame):
        return Malformed(message_id, "FormatViolation", "a text contains the character NUL", kind == CALL)
    if kind == CALL and len(frame) == 4 and isinstance(frame[2], str):
        return Call(message_id, frame[2], {} if frame[3] is None else frame[3])
    match kind, frame:
        case 3, [_, _, payload]:
            return CallResult(message_id, {} if payload is None else payload)
        case 4, [_, _, str(code), *rest]:
            description = rest[0] if rest else ""
            details = rest[1] if len(rest) > 1 and isinstance(rest[1], dict) else {}
            return CallError(message_id, code, str(description), details)
    if kind in (CALL, CALL_RESULT, CALL_ERROR):
        return Malformed(message_id, "FormatViolation", "the frame does not have its fields", kind == CALL)
    return Malformed(
        message_id, "MessageTypeNotSupported", f"message type {kind} is not known", version.answers_unknown_type
    )


def _unreadable(version: Version, code: str, description: str) -> Malformed:
    return Malformed(UNREADABLE_ID, code, description, version.answers_unreadable)


def _has_nul(value: Any) -> bool:
    """Looked for without recursion: the value may be as deep as the parser allows."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text) if "\0" in text:
                return True
            case list(items):
                waiting.extend(items)
            case dict(members):
                waiting.extend(members)
                waiting.extend(members.values())
    return False


def encode_call(message_id: str, action: str, payload: Any) -> bytes:
    return orjson.dumps([CALL, message_id, action, payload])


def encode_result(message_id: str, payload: Any) -> bytes:
    return orjson.dumps([CALL_RESULT, message_id, payload])


def encode_error(message_id: str, code: str, description: str, version: Version) -> bytes:
    """Descriptions are cut at 255 characters, the most the standard allows."""
    return orjson.dumps([CALL_ERROR, message_id, version.spell(code), description[:255], {}])
