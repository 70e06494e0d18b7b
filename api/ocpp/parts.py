"""Requests that a station takes only in parts: so many items, so many bytes in a message (2.0.1 B05, B06, B08, D01).

How much it takes is what it said itself of ItemsPerMessage and BytesPerMessage; until it has, everything goes at once.
A message file says with `divided` which list of its request may be cut. A typed command then goes out in as many calls
as it needs, one after the other, and stays one command. What is said by hand is never cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from api.ocpp.sealed import Sealed
from api.ocpp.session import StationSession
from api.ocpp.versions import Version
from domain.configuration import Variable
from domain.station import MessageLimit, Station

Payload = dict[str, Any]
Numbered = Callable[[Payload, int], Payload]
"""A part and its number, from 0; returns the part as it is to be said."""

_FRAME = 60
"""Bytes around action and payload: the message id, brackets, quotes."""


@dataclass(frozen=True, slots=True)
class Division:
    """How a request is cut: its list, and which component says how much of it is taken."""

    list_key: str
    component: str
    instance: str | None
    numbered: Numbered | None
    in_order: bool


DIVISIONS: dict[tuple[str, str], Division] = {}
"""(version, wire action) to how it is cut."""


def divided(
    action: str,
    *versions: str,
    list_key: str,
    component: str,
    instance: str | None = None,
    numbered: Numbered | None = None,
    in_order: bool = False,
) -> None:
    """Let a request be sent in parts, as `component`.ItemsPerMessage[instance] and BytesPerMessage[instance] want it.

    `numbered` says what else differs from part to part. `in_order`: a part that is not accepted is the last.
    """
    for version in versions:
        DIVISIONS[version, action] = Division(list_key, component, instance, numbered, in_order)


def parts_of(version: Version, action: str, payload: Payload, station: Station) -> list[Payload]:
    """The payloads to send, one after the other; most requests are one."""
    division = DIVISIONS.get((version.name, action))
    if division is None or not payload.get(division.list_key):
        return [payload]
    key = division.list_key
    room = len(action) + _FRAME + _size(payload | {key: []})
    cut = _cut(payload[key], station.message_limit(division.component, division.instance), room)
    parts = [payload | {key: items} for items in cut]
    return [division.numbered(part, n) for n, part in enumerate(parts)] if division.numbered else parts


def in_order(version: Version, action: str) -> bool:
    division = DIVISIONS.get((version.name, action))
    return division is not None and division.in_order


def _cut(items: list[Any], limit: MessageLimit, room: int) -> list[list[Any]]:
    """An item that is too long by itself goes alone: the station may take it all the same."""
    cut: list[list[Any]] = [[]]
    used = room
    for item in items:
        size = _size(item) + 1 if limit.bytes else 0
        full = limit.items is not None and len(cut[-1]) >= limit.items
        if cut[-1] and (full or (limit.bytes is not None and used + size > limit.bytes)):
            cut.append([])
            used = room
        cut[-1].append(item)
        used += size
    return cut


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value, enc_hook=_sealed))


def _sealed(secret: Sealed) -> str:
    return secret.text


_LIMITS = {"itemspermessage": "items", "bytespermessage": "bytes"}
_KEYS = {
    "getconfigurationmaxkeys": ("devicedatactrlr", "getvariables"),
    "sendlocallistmaxlength": ("localauthlistctrlr", None),
}
"""1.6 keys that limit the items of a message, to the component and instance that do so in 2.x."""


async def note_limits(session: StationSession, told: list[tuple[Variable, str | None]]) -> None:
    """Remember what the station says of how much it takes in a message, if that is among these variables."""
    limits = [limit for variable, value in told if (limit := _limit(variable, value)) is not None]
    if limits:
        await session.refresh()
    for limit in limits:
        session.station.report_limit(limit, session.now)


def _limit(variable: Variable, value: str | None) -> MessageLimit | None:
    name, component = variable.name.casefold(), (variable.component or "").casefold()
    if not (name in _LIMITS and component) and (name not in _KEYS or component):
        return None
    if not (value and value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        return None
    if not component:
        return MessageLimit(*_KEYS[name], items=int(value))
    instance = variable.instance.casefold() if variable.instance else None
    return MessageLimit(component, instance, **{_LIMITS[name]: int(value)})
