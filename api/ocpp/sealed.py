"""Secrets in what we say to a station: the journal has them sealed, only the station hears them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.ocpp.schema import CallFailed
from api.sealing import unseal
from domain.credentials import unhexed

_LONGEST_KEY = 20


@dataclass(frozen=True, slots=True)
class Sealed:
    """Stands in a payload in place of a secret. `as_key`: it is said as the hex digits of its bytes (1.6)."""

    text: str
    as_key: bool = False


def spoken(payload: dict[str, Any], pepper: bytes, station_id: str) -> dict[str, Any]:
    """The payload as the station hears it. Raises ValueError, CallFailed."""

    def opened(sealed: Sealed) -> str:
        secret = unseal(pepper, station_id, sealed.text)
        return hex_key(secret) if sealed.as_key else secret

    said: dict[str, Any] = _with(payload, opened)
    return said


def recorded_as(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as the journal has it."""
    kept: dict[str, Any] = _with(payload, lambda sealed: sealed.text)
    return kept


def hex_key(password: str) -> str:
    """A password as 1.6 has it, in at most 40 hex digits: hex digits stay, other texts are spelt in them."""
    raw = password.encode()
    key = unhexed(raw) or raw
    if len(key) > _LONGEST_KEY:
        raise CallFailed("PropertyConstraintViolation", f"a 1.6 password has at most {_LONGEST_KEY} bytes")
    return key.hex()


def _with(value: Any, text_of: Callable[[Sealed], str]) -> Any:
    match value:
        case Sealed():
            return text_of(value)
        case dict():
            return {key: _with(item, text_of) for key, item in value.items()}
        case list():
            return [_with(item, text_of) for item in value]
        case _:
            return value
