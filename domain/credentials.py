"""Secrets of stations: made by us with 160 bits, and kept as a keyed fingerprint.

A fingerprint is HMAC-SHA-256(pepper, station id and secret). It is quick on purpose: for a secret that nobody can
guess a slow hash only makes reconnects expensive. The pepper is not in the database.
"""

from __future__ import annotations

import hmac


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


def derive(pepper: bytes, station_id: str, name: str) -> str:
    """A secret of 160 bits, as hex digits, that is the same for the same name."""
    return hmac.new(pepper, b"derived\0" + station_id.encode() + b"\0" + name.encode(), "sha256").digest()[:20].hex()
