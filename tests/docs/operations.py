"""The operations of a version, made from the message files and the schemas."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

from api.ocpp import registry, schema
from api.ocpp.versions import VERSIONS, Version

_PACKAGE = "api.ocpp.messages."
_NAME = re.compile(r"[A-Z]\w+")


class Operation(NamedTuple):
    wire: str
    """The action's name in this version; ours, where the file says it with another's action."""
    names: frozenset[str]
    """Every name it has in its file: the one of 2.x, the one of 1.6."""
    file: str
    text: str


def listed(name: str) -> tuple[Version, list[Operation]]:
    registry.load_messages()
    [version] = [version for version in VERSIONS.values() if version.name == name]
    return version, sorted(_operations(version), key=lambda operation: operation.wire)


def operations(name: str) -> str:
    """All operations of a version, first the station's, then ours, by name."""
    version, found = listed(name)
    from_station = [op for op in found if registry.RECEIVERS.keys() & {(name, n) for n in op.names}]
    from_us = [op for op in found if registry.SENDERS.keys() & {(name, n) for n in op.names}]
    parts = ["## From a station", *(_shown(version, op, "") for op in from_station)]
    parts += ["## To a station", *(_shown(version, op, _command(version, op)) for op in from_us)]
    return "\n\n".join(parts)


def _operations(version: Version) -> Iterator[Operation]:
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith(_PACKAGE):
            head, _, text = " ".join((module.__doc__ or "").split()).partition(": ")
            names = _NAME.findall(head)
            file = module_name.replace(".", "/") + ".py"
            own = [name for name in names if (version.name, name) in registry.SENDERS]
            for wire in [name for name in names if schema.knows(version, name)] or own[:1]:
                yield Operation(wire, frozenset(names), file, text[0].upper() + text[1:])


def _command(version: Version, operation: Operation) -> str:
    name = next(n for n in sorted(operation.names) if (version.name, n) in registry.SENDERS)
    noted = any((version.name, n) in registry.READERS for n in operation.names)
    return f"Typed command `{name}`.{' What the answer tells is noted.' if noted else ''} "


def _shown(version: Version, operation: Operation, command: str) -> str:
    fields = ""
    if schema.knows(version, operation.wire):
        request = _fields(version, operation.wire + version.request_suffix)
        fields = f"- Call: {request}\n- Answer: {_fields(version, operation.wire + 'Response')}\n"
    return f"### {operation.wire}\n\n{operation.text}\n\n{fields}- {command}File: `{operation.file}`"


def _fields(version: Version, name: str) -> str:
    """The fields of a payload; a question mark follows those that may be left out."""
    text = files(version.schemas).joinpath(f"{name}.json").read_text("utf-8-sig")
    payload: dict[str, Any] = json.loads(text)
    required = payload.get("required", [])
    shown = [
        f"`{field}`{'' if field in required else '?'}{_words(payload, kind)}"
        for field, kind in payload.get("properties", {}).items()
        if field != "customData"
    ]
    return ", ".join(shown) or "nothing"


def _words(payload: dict[str, Any], kind: dict[str, Any]) -> str:
    """The words a field may hold, written in its place (1.6) or defined elsewhere in the file (2.x)."""
    name = kind.get("$ref", "").rpartition("/")[2]
    words = payload.get("definitions", {}).get(name, kind).get("enum", ())
    return f" ({', '.join(words)})" if len(words) > 1 else ""
