"""Secrets of stations: made by us with 160 bits, kept only as a keyed fingerprint.

A fingerprint is HMAC-SHA-256(pepper, station id and secret). It is quick on purpose: for a secret that nobody can
guess a slow hash only makes reconnects expensive. The pepper is not in the database.
"""

from __future__ import annotations

import hmac


def fingerprint(pepper: bytes, station_id: str, secret: bytes) -> str:
    return hmac.new(pepper, station_id.encode() + b"\0" + secret, "sha256").hexdigest()


def verify(pepper: bytes, station_id: str, presented: bytes, credential: str | None) -> bool:
    """Whether what was presented is the secret. 1.6 stations send the 20 bytes themselves or their 40 hex digits:
    both count.

    Takes as long for a station without a credential as for one with a wrong one.
    """
    expected = credential or fingerprint(pepper, "", b"")
    as_sent = hmac.compare_digest(fingerprint(pepper, station_id, presented), expected)
    as_hex = hmac.compare_digest(fingerprint(pepper, station_id, presented.hex().encode()), expected)
    return (as_sent | as_hex) & (credential is not None)
