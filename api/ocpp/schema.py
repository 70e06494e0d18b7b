"""Checks payloads against the official JSON schemas, read from the `ocpp` package and compiled when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from api.ocpp.versions import Version

_CODES = {
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "type": "TypeConstraintViolation",
    "format": "TypeConstraintViolation",
    "additionalProperties": "FormatViolation",
}
_FIRST = ("required", "type", "additionalProperties")
"""What is reported when several rules are broken: the structure before the values."""


class CallFailed(Exception):
    """Answer the call with this CALLERROR. `code` in the spelling of 2.x (Part 4 §4.3)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


@cache
def _names(version: Version) -> frozenset[str]:
    names = (resource.name for resource in files(version.schemas).iterdir())
    return frozenset(name.removesuffix(".json") for name in names if name.endswith(".json"))


@cache
def _validator(version: Version, name: str, *, formats: bool = False) -> jsonschema_rs.Validator:
    if name not in _names(version):  # raised each time: what failed is not kept
        raise CallFailed("NotImplemented", f"OCPP {version.name} has no {name}")
    schema = orjson.loads(files(version.schemas).joinpath(f"{name}.json").read_bytes().removeprefix(b"\xef\xbb\xbf"))
    # Draft 4, also for the 2.x schemas, which use nothing newer: later drafts take 1e300 for an integer. Times are read
    # leniently by the messages themselves: one without a zone is no reason to lose a transaction.
    return jsonschema_rs.Draft4Validator(schema, validate_formats=formats)


def knows(version: Version, action: str) -> bool:
    """Whether the version has this action at all, in either direction."""
    return action + version.request_suffix in _names(version) and not action.endswith("Response")


def actions(version: Version) -> list[str]:
    """Every action of the version, in either direction."""
    suffix = version.request_suffix
    names = (name.removesuffix(suffix) for name in _names(version) if name.endswith(suffix))
    return sorted(name for name in names if not name.endswith("Response"))


def check_request(version: Version, action: str, payload: Any) -> None:
    """Raises CallFailed with the error code that the standard has for the first violation."""
    _check(version, action + version.request_suffix, payload)


def check_response(version: Version, action: str, payload: Any) -> None:
    _check(version, action + "Response", payload)


def _check(version: Version, name: str, payload: Any) -> None:
    validator = _validator(version, name)
    try:
        valid = validator.is_valid(payload)
    except ValueError as error:  # a number or a depth that the validator cannot hold
        raise CallFailed("FormatViolation", str(error)) from error
    if not valid and not (settle_numbers(payload) and validator.is_valid(payload)):
        raise _violation(validator, payload)


def settle_numbers(payload: Any) -> bool:
    """JSON has one kind of number: 1.0 is the integer 1. Returns whether there was such a number; only odd payloads
    get here.
    """
    waiting: list[Any] = [payload] if isinstance(payload, dict) else []
    settled = False
    while waiting:
        container = waiting.pop()
        for key, item in list(container.items() if isinstance(container, dict) else enumerate(container)):
            if isinstance(item, float) and item.is_integer() and abs(item) < 2**53:
                container[key], settled = int(item), True
            elif isinstance(item, dict | list):
                waiting.append(item)
    return settled


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a payload breaks: where, which, and what the rule wants (`types`, or the name that is `missing`)."""

    path: tuple[Any, ...]
    rule: str
    description: str
    types: list[str]
    missing: str

    @property
    def code(self) -> str:
        return _CODES.get(self.rule, "PropertyConstraintViolation")


def violations(version: Version, action: str, payload: Any) -> list[Violation]:
    """Every rule of the schema that a request breaks, the formats of times among them."""
    return _broken(_validator(version, action + version.request_suffix, formats=True), payload)


def _broken(validator: jsonschema_rs.Validator, payload: Any) -> list[Violation]:
    found = []
    for error in validator.iter_errors(payload):
        where = "/".join(str(part) for part in error.instance_path)
        found.append(
            Violation(
                tuple(error.instance_path),
                error.kind.name,
                f"{where}: {error.message}" if where else error.message,
                getattr(error.kind, "types", []),
                getattr(error.kind, "property", ""),
            )
        )
    return found


def _violation(validator: jsonschema_rs.Validator, payload: Any) -> CallFailed:
    if not isinstance(payload, dict):
        return CallFailed("FormatViolation", "the payload is not an object")
    first = min(_broken(validator, payload), key=lambda v: _FIRST.index(v.rule) if v.rule in _FIRST else len(_FIRST))
    return CallFailed(first.code, first.description)
