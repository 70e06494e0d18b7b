"""What a station may be asked in its version: for each action the official JSON schema, and a few words of ours.

The descriptions that the schema files bring along are left out: ours are those of the message files. Left out, too, is
what a CSMS must not say although the schema allows it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from api.ocpp import registry, schema
from api.ocpp.versions import VERSIONS, Version
from domain.charging_profiles import ChargingProfilePurpose

_NAME = re.compile(r"\b[A-Z]\w+")
_PARAGRAPHS = re.compile(r" \((?:1\.6|2\.|[A-Z]\d)[^)]*\)")
_LEFT_OUT = frozenset({"description", "comment", "javaType", "title", "$id"})
_NOT_OURS = {
    "ClearChargingProfile": ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
    "SetChargingProfile": ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
}
"""By action: the value of an enumeration that is for others to use (2.0.1 K01, K10)."""


class Form(NamedTuple):
    action: str
    typed_as: str | None
    """Our name of it, the same for every version, where a typed command says it."""
    description: str | None
    schema: dict[str, Any]


@cache
def forms(version_name: str) -> tuple[Form, ...] | None:
    """By the actions' names; None for a version that is not spoken here."""
    version = next((version for version in VERSIONS.values() if version.name == version_name), None)
    return None if version is None else tuple(sorted(_forms(version)))


def _forms(version: Version) -> Iterator[Form]:
    registry.load_messages()
    told = _told(version)
    for action in schema.actions(version):
        spoken = (version.name, action)
        if spoken not in registry.RECEIVERS or spoken in registry.SENDERS:  # DataTransfer goes both ways
            typed_as, description = told.get(action, (None, None))
            yield Form(action, typed_as, description, _schema(version, action))


def _told(version: Version) -> dict[str, tuple[str, str]]:
    """Of each action that a message file says: our name and description. A file is named after some actions and may
    speak of others, which count unless there is a file of their own.
    """
    named: dict[str, tuple[str, str]] = {}
    spoken_of: dict[str, tuple[str, str]] = {}
    for (spoken, typed_as), sender in registry.SENDERS.items():
        if spoken == version.name:
            text = " ".join((sys.modules[sender.__module__].__doc__ or "").split())
            names, _, rest = text.partition(": ")
            words = typed_as, _sentence(rest.partition(" Typed payload")[0])
            named |= dict.fromkeys(_NAME.findall(names), words)
            spoken_of |= dict.fromkeys(_NAME.findall(rest), words)
    return spoken_of | named


def _sentence(text: str) -> str:
    text = _PARAGRAPHS.sub("", text).replace("?.", "?")
    return text[0].upper() + text[1:]


def _schema(version: Version, action: str) -> dict[str, Any]:
    file = files(version.schemas).joinpath(f"{action}{version.request_suffix}.json")
    official: dict[str, Any] = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    return {**_plain(official, _NOT_OURS.get(action)), "title": action}


def _plain(rules: Any, not_ours: str | None) -> Any:
    """Rules without what only tells about them; what stands under `properties` are names of fields."""
    if not isinstance(rules, dict):
        return rules
    kept = {key: rule for key, rule in rules.items() if key not in _LEFT_OUT}
    for key in kept.keys() & {"properties", "definitions"}:
        kept[key] = {name: _plain(rule, not_ours) for name, rule in kept[key].items()}
    if "items" in kept:
        kept["items"] = _plain(kept["items"], not_ours)
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if value != not_ours]
    return kept
