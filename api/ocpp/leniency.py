"""What a lenient station's message is taken for when it breaks the schema: no money is lost over a wrong word.

Only stations that are set so are read like this. Every repair is named, and recorded with the message.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from api.ocpp import wire
from api.ocpp.schema import CallFailed, settle_numbers, violations
from api.ocpp.versions import Version

_TOLERATED = frozenset({"enum", "maxLength", "minLength", "additionalProperties", "minItems", "maxItems", "multipleOf"})
"""Rules whose breach does not keep anybody from understanding the rest: the value is kept as it came."""
_LONGEST = 255
_ROUNDS = 4
"""A repaired value may break the next rule."""


def repair(version: Version, action: str, payload: Any, now: datetime) -> list[str]:
    """Make a payload understandable, in place; returns what was odd about it, in words.

    A text for a number or the other way round is converted, null for an optional field is left out, a time that is
    missing or cannot be read becomes the time of arrival. Raises CallFailed for what cannot be helped.
    """
    repairs: list[str] = []
    if violations(version, action, payload):
        settle_numbers(payload)
    for _ in range(_ROUNDS):
        found = [
            v for v in violations(version, action, payload) if v.rule not in _TOLERATED and not _is_time(v, payload)
        ]
        if not found:
            break
        for violation in found:
            if not _helped(violation, payload, now):
                raise CallFailed(violation.code, violation.description[:_LONGEST])
            repairs.append(violation.description[:_LONGEST])
    else:
        raise CallFailed("FormatViolation", "the payload cannot be understood")
    return repairs + [v.description[:_LONGEST] for v in violations(version, action, payload) if v.rule in _TOLERATED]


def _is_time(violation: Any, payload: Any) -> bool:
    """Whether what is no time by the letter is one that we can read."""
    if violation.rule != "format":
        return False
    try:
        wire.instant(_container(payload, violation.path)[violation.path[-1]])
    except CallFailed:
        return False
    return True


def _helped(violation: Any, payload: Any, now: datetime) -> bool:
    if not isinstance(payload, dict):
        return False
    if violation.rule == "required":
        if "time" not in violation.missing.lower():
            return False
        _container(payload, (*violation.path, ""))[violation.missing] = wire.timestamp(now)
        return True
    if not violation.path:
        return False
    container, key = _container(payload, violation.path), violation.path[-1]
    if violation.rule == "format":
        container[key] = wire.timestamp(now)
        return True
    return violation.rule == "type" and _converted(container, key, violation.types)


def _converted(container: Any, key: Any, types: list[str]) -> bool:
    value = container[key]
    if value is None and isinstance(container, dict):
        del container[key]  # if it is required, the next round will say so
        return True
    for kind in types:
        try:
            container[key] = _CONVERSIONS[kind](value)
        except (KeyError, TypeError, ValueError, InvalidOperation):
            continue
        return True
    return False


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return str(value)


def _number(value: Any) -> float:
    return float(Decimal(value.strip().replace(",", ".")))


def _integer(value: Any) -> int:
    number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    if number != number.to_integral_value() or abs(number) > 2**53:
        raise ValueError
    return int(number)


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"string": _text, "number": _number, "integer": _integer}


def _container(payload: Any, path: tuple[Any, ...]) -> Any:
    """What holds the last step of a path."""
    for step in path[:-1]:
        payload = payload[step]
    return payload
