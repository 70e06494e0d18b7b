"""Secrets of stations on their way through the journal: sealed with AES-SIV (RFC 5297), for one station alone.

Equal secrets look equal, so that a request that is repeated is recognised as the same. Else only the length shows.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal(pepper: bytes, station_id: str, secret: str) -> str:
    return urlsafe_b64encode(_cipher(pepper).encrypt(secret.encode(), [station_id.encode()])).decode()


def unseal(pepper: bytes, station_id: str, sealed: str) -> str:
    """Raises ValueError for what was not sealed with this pepper for this station."""
    raw = urlsafe_b64decode(sealed)
    try:
        return _cipher(pepper).decrypt(raw, [station_id.encode()]).decode()
    except InvalidTag:
        raise ValueError("this was sealed with another pepper, or for another station") from None


@lru_cache(maxsize=4)
def _cipher(pepper: bytes) -> AESSIV:
    return AESSIV(HKDF(SHA512(), length=64, salt=None, info=b"sealed secrets of stations").derive(pepper))
