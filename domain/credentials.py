"""Secrets of stations: made by us with 160 bits, kept as a keyed fingerprint, and sealed while they travel.

A fingerprint is HMAC-SHA-256(pepper, station id and secret). It is quick on purpose: for a secret that nobody can
guess a slow hash only makes reconnects expensive. The pepper is not in the database.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

LONGEST_SECRET = 64
"""Bytes: what can be sealed."""
_TAG = 16


def fingerprint(pepper: bytes, station_id: str, secret: bytes) -> str:
    return hmac.new(pepper, station_id.encode() + b"\0" + secret, "sha256").hexdigest()


def verify(pepper: bytes, station_id: str, presented: bytes, credential: str | None) -> bool:
    """Whether what was presented is the secret. 1.6 stations send bytes or their hex digits, whichever of the two the
    secret was written down as: both count.

    Takes as long for a station without a credential as for one with a wrong one.
    """
    expected = credential or fingerprint(pepper, "", b"")
    decoded = unhexed(presented) or presented
    forms = (presented, presented.hex().encode(), decoded, decoded.hex().encode())
    right = [hmac.compare_digest(fingerprint(pepper, station_id, form), expected) for form in forms]
    return any(right) & (credential is not None)


def unhexed(text: bytes) -> bytes | None:
    """The bytes that hex digits stand for; None if these are none."""
    try:
        return bytes.fromhex(text.decode("ascii")) if text.isalnum() else None
    except ValueError:
        return None


def seal(pepper: bytes, station_id: str, secret: str) -> str:
    """A secret on its way through the journal: only who has the pepper can read it, for this station alone.

    The tag is a keyed hash of the secret and chooses the key stream, so equal secrets look equal and no two others
    share one (the construction of SIV, RFC 5297, over HMAC).
    """
    plain = secret.encode()
    if len(plain) > LONGEST_SECRET:
        raise ValueError(f"a secret has at most {LONGEST_SECRET} bytes")
    tag = _tag(pepper, station_id, plain)
    return urlsafe_b64encode(tag + _masked(pepper, station_id, tag, plain)).decode()


def unseal(pepper: bytes, station_id: str, sealed: str) -> str:
    """Raises ValueError for what was not sealed with this pepper for this station."""
    raw = urlsafe_b64decode(sealed)
    tag, masked = raw[:_TAG], raw[_TAG:]
    plain = _masked(pepper, station_id, tag, masked)
    if len(masked) > LONGEST_SECRET or not hmac.compare_digest(tag, _tag(pepper, station_id, plain)):
        raise ValueError("this was sealed with another pepper, or for another station")
    return plain.decode()


def derive(pepper: bytes, station_id: str, name: str) -> str:
    """A secret of 160 bits, as hex digits, that is the same for the same name."""
    return hmac.new(pepper, b"derived\0" + station_id.encode() + b"\0" + name.encode(), "sha256").digest()[:20].hex()


def _tag(pepper: bytes, station_id: str, plain: bytes) -> bytes:
    return hmac.new(pepper, b"tag\0" + station_id.encode() + b"\0" + plain, "sha256").digest()[:_TAG]


def _masked(pepper: bytes, station_id: str, tag: bytes, text: bytes) -> bytes:
    stream = hmac.new(pepper, b"stream\0" + station_id.encode() + b"\0" + tag, "sha512").digest()
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))
