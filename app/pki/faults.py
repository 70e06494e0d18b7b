"""What may be wrong with certificates."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for certificates, requests and answers that are none."""


class Unusable(ValueError):
    """A file of certificates or keys is not what it has to be; the message says which and why."""
