"""How signed meter values and public keys are wrapped on their way.

2.x says the signed data in base64. 1.6 has one text for all of it: the JSON of a 2.x SignedMeterValueType, or of older
stations the data itself, plain or in hex.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from domain.ocmf import PREFIX, Unreadable
from domain.values import SignedValue

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_POINTS = frozenset({49, 65, 97, 129, 133})
"""Lengths of uncompressed points, of curves of 192 to 521 bits."""


@dataclass(frozen=True, slots=True)
class Container:
    """What came, unwrapped; `text` is None for data that is no OCMF."""

    text: str | None
    encoding: str
    method: str
    public_key: str
    """As it was told; "" if none was."""

    @property
    def format(self) -> str:
        return "OCMF" if self.text is not None else self.encoding


def unpacked(signed: SignedValue) -> Container:
    """Never raises: what cannot be unwrapped has no text."""
    told = _as_object(signed.data)
    if told is not None:
        data, method, encoding, key = (
            _text(told.get(name)) for name in ("signedMeterData", "signingMethod", "encodingMethod", "publicKey")
        )
        return Container(_ocmf(data), encoding, method, key)
    return Container(_ocmf(signed.data), signed.encoding, signed.method, signed.public_key)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _as_object(data: str) -> dict[str, Any] | None:
    if not data.lstrip().startswith("{"):
        return None
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _ocmf(data: str) -> str | None:
    if data.startswith(PREFIX):
        return data
    octets = _octets(data)
    try:
        text = octets.decode() if octets is not None else ""
    except UnicodeDecodeError:
        return None
    return text if text.startswith(PREFIX) else None


def _octets(text: str) -> bytes | None:
    """Of hex or base64. Most hex is base64 too, by chance; no base64 of what is looked for here is hex."""
    compact = "".join(text.split())
    if _HEX.fullmatch(compact):
        return bytes.fromhex(compact)
    try:
        return b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (ValueError, Error):
        return None


def public_key(text: str) -> bytes:
    """A key as its meter or its maker prints it: PEM, hex or base64, also as `oca:base16:asn1:<key>`, also that wrapped
    once more in base64. The bytes are DER, or a bare point of a curve. Raises Unreadable.
    """
    for _ in range(3):
        text = _PEM.sub("", text.strip())
        if text.startswith("oca:"):
            text = text.rpartition(":")[2]
        octets = _octets(text)
        if not octets:
            break
        if _is_key(octets):
            return octets
        text = octets.decode("ascii", "replace")
    raise Unreadable("it is no public key in PEM, hex or base64")


_PEM = re.compile(r"-----(?:BEGIN|END) PUBLIC KEY-----")


def _is_key(octets: bytes) -> bool:
    if octets[0] == 4 and len(octets) in _POINTS:
        return True
    if octets[0] != 0x30 or len(octets) < 3:
        return False
    if octets[1] == 0x81:
        return len(octets) == 3 + octets[2]
    return len(octets) == 2 + octets[1]


def fingerprint(key: bytes) -> str:
    return sha256(key).hexdigest()
