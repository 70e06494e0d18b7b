"""Registers out of signed values in OCMF, where a station tells no others. Signatures are not checked here."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

_WH = {"Wh": 1, "kWh": 1000}
_TOO_MUCH = 10**15


class MeterError(Exception):
    """The meter says itself that its value is wrong."""


def register_wh(data: str, last: bool) -> Decimal | None:
    """The last register in it, or the first; None for what is no OCMF or holds none."""
    text = _plain(data)
    if text is None:
        return None
    try:
        payload = json.loads(text.split("|")[1], parse_float=Decimal)
        found = list(_registers(payload))
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
        return None
    return found[-1 if last else 0] if found else None


def _registers(payload: dict[str, Any]) -> Iterator[Decimal]:
    """What a reading does not say of itself it has of the one before."""
    known: dict[str, Any] = {}
    for reading in payload["RD"]:
        known |= reading
        if known.get("ST", "G") != "G" or known.get("EF"):
            raise MeterError(f"status {known.get('ST')!r}, error flags {known.get('EF')!r}")
        value = Decimal(str(known["RV"]))
        if value.is_finite() and abs(value) < _TOO_MUCH and known.get("RU") in _WH:
            yield value * _WH[known["RU"]]


def _plain(data: str) -> str | None:
    """OCMF as it is, or in base64 or hexadecimal digits, or in the JSON of a SignedMeterValue (1.6)."""
    if data.startswith("OCMF|"):
        return data
    if data.startswith("{"):
        try:
            inner = json.loads(data).get("signedMeterData")
        except (ValueError, RecursionError):
            return None
        return _plain(inner) if isinstance(inner, str) and not inner.startswith("{") else None
    for decode in (binascii.unhexlify, b64decode):
        try:
            text = decode(data).decode()
        except ValueError:
            continue
        if text.startswith("OCMF|"):
            return text
    return None
