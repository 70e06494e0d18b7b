"""Registers out of signed values in OCMF, where a station tells no others. Signatures are not checked here."""

from __future__ import annotations

from decimal import Decimal

from domain.ocmf import GOOD, Unreadable, parse
from domain.signed_containers import unpacked
from domain.values import SignedValue

_WH = {"Wh": 1, "kWh": 1000}
_TOO_MUCH = 10**15


class MeterError(Exception):
    """The meter says itself that its value is wrong."""


def register_wh(data: str, last: bool) -> Decimal | None:
    """The last register in it, or the first; None for what is no OCMF or holds none."""
    try:
        text = unpacked(SignedValue(data)).text
        readings = () if text is None else parse(text).readings
    except Unreadable:
        return None
    for reading in readings:
        if reading.errors or reading.status != GOOD:
            raise MeterError(f"status {reading.status!r}, error flags {reading.errors!r}")
    found = [r.value * _WH[r.unit] for r in readings if r.value is not None and r.unit in _WH]
    known = [wh for wh in found if abs(wh) < _TOO_MUCH]
    return known[-1 if last else 0] if known else None
