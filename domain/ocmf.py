"""OCMF: what a meter has measured, signed by the meter itself (Open Charge Metering Format).

`OCMF|<payload>|<signature>`, two JSON objects. Signed is the text of the payload as it was transmitted, so it is never
written anew here.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

PREFIX = "OCMF|"
BEGIN = "B"
ENDS = frozenset("ELRAP")
"""Of a transaction, in `Reading.mark`: by itself, locally, from remote, aborted, by a loss of power."""
GOOD = "G"

_MOST_DIGITS, _MOST_DECIMALS = 15, 9
"""With these, a difference in Wh is exact."""
_DECODER = json.JSONDecoder(
    parse_int=Decimal, parse_float=Decimal, parse_constant=lambda name: _refuse(f"{name} is no number")
)


class Unreadable(ValueError):
    """It is not what it says it is."""


def _refuse(why: str) -> NoReturn:
    raise Unreadable(why)


@dataclass(frozen=True, slots=True)
class Signature:
    algorithm: str
    encoding: str
    media_type: str
    data: str

    @property
    def octets(self) -> bytes:
        """Raises Unreadable."""
        try:
            match self.encoding:
                case "hex":
                    return bytes.fromhex(self.data)
                case "base64":
                    return b64decode(self.data, validate=True)
        except (ValueError, Error):
            raise Unreadable(f"the signature is not {self.encoding}") from None
        raise Unreadable(f"the encoding of the signature is not known: {self.encoding[:40]!r}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one register showed. `at` is the meter's time and `clock` says how far it is to be trusted: S synchronised,
    I informative, R relative, U unknown. `errors` is E for energy and t for time, `status` G where all is well.
    """

    at: datetime | None
    clock: str
    mark: str
    value: Decimal | None
    register: str
    unit: str
    errors: str
    status: str


@dataclass(frozen=True, slots=True)
class Record:
    payload: bytes
    serial: str
    """Of the meter, or else of the gateway that signs for it."""
    pagination: str
    readings: tuple[Reading, ...]
    signature: Signature


def parse(text: str) -> Record:
    """Raises Unreadable."""
    if not text.startswith(PREFIX):
        raise Unreadable("it is not OCMF")
    told, end = _object(text, len(PREFIX))
    bar = text.find("|", end)
    if bar < 0 or text[end:bar].strip():
        raise Unreadable("it has no signature")
    signature, rest = _object(text, bar + 1)
    if text[rest:].strip():
        raise Unreadable("something follows the signature")
    return Record(
        payload=_bytes(text[len(PREFIX) : bar]),
        serial=_text(told, "MS") or _text(told, "GS"),
        pagination=_text(told, "PG"),
        readings=_readings(told.get("RD")),
        signature=Signature(
            algorithm=_text(signature, "SA") or "ECDSA-secp256r1-SHA256",
            encoding=_text(signature, "SE") or "hex",
            media_type=_text(signature, "SM") or "application/x-der",
            data=_text(signature, "SD"),
        ),
    )


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unreadable("it holds characters that cannot be transmitted") from None


def _object(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The JSON object that begins here, and where it ends: texts within it may hold a bar."""
    while text[start : start + 1].isspace():
        start += 1
    try:
        value, end = _DECODER.raw_decode(text, start)
    except Unreadable:
        raise
    except (ValueError, ArithmeticError, RecursionError):
        raise Unreadable("a part of it is not JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("a part of it is not an object")
    return value, end


def _readings(told: Any) -> tuple[Reading, ...]:
    """What a reading leaves out is as in the one before; the value only if it is of the same register."""
    if not isinstance(told, list) or not told:
        raise Unreadable("it has no readings")
    found: list[Reading] = []
    before: dict[str, Any] = {}
    for own in told:
        if not isinstance(own, dict):
            raise Unreadable("a reading is not an object")
        if own.get("RI", before.get("RI")) != before.get("RI"):
            before.pop("RV", None)
        before |= own
        found.append(_reading(before))
    return tuple(found)


def _reading(told: Mapping[str, Any]) -> Reading:
    at, clock = _time(_text(told, "TM"))
    return Reading(
        at=at,
        clock=clock,
        mark=_text(told, "TX"),
        value=_number(told, "RV"),
        register=_text(told, "RI"),
        unit=_text(told, "RU"),
        errors=_text(told, "EF"),
        status=_text(told, "ST"),
    )


_TIME = re.compile(r"(\S+) ([UISR])")


def _time(text: str) -> tuple[datetime | None, str]:
    """From the likes of `2018-07-24T13:22:04,000+0200 S`."""
    told = _TIME.fullmatch(text)
    if told is None:
        return None, ""
    try:
        at = datetime.fromisoformat(told[1])
    except ValueError:
        return None, told[2]
    return (at if at.tzinfo is not None else None), told[2]


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return value


def _number(told: Mapping[str, Any], name: str) -> Decimal | None:
    value = told.get(name)
    if value is None:
        return None
    if not isinstance(value, Decimal) or value.adjusted() >= _MOST_DIGITS or _decimals(value) > _MOST_DECIMALS:
        raise Unreadable(f"{name} is not a number of sensible size")
    return value


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else _MOST_DECIMALS + 1
