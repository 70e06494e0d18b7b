"""Certificates of stations: asked for, signed, installed, deleted, and which there are (2.0.1 A02, M03 to M05).

Stream `certificates:<day>:<station>`. Private keys never leave the station; what stands here is public.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.id_token import Authorization
from domain.values import AuthorizationStatus

V2G_CERTIFICATE = "V2GCertificate"
CHARGING_STATION_CERTIFICATE = "ChargingStationCertificate"
"""What is signed where the protocol does not say (1.6) or the station does not (2.0.1 A02.FR.09)."""

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")


@dataclass(frozen=True, slots=True)
class CertificateHash:
    """What names a certificate (RFC 6960): the hashes are of its issuer, all texts are as the station wrote them."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class InstalledCertificate:
    type: str
    """2.0.1 GetCertificateIdUseEnumType."""
    hash: CertificateHash
    children: tuple[CertificateHash, ...] = ()


class ContractFinding(StrEnum):
    """What is found of a contract certificate (2.0.1 AuthorizeCertificateStatusEnumType, as far as we say it)."""

    ACCEPTED = "Accepted"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_REVOKED = "CertificateRevoked"
    CERT_CHAIN_ERROR = "CertChainError"
    CONTRACT_CANCELLED = "ContractCancelled"


_NO_CONTRACT = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)


def weigh(finding: ContractFinding, token: Authorization) -> tuple[ContractFinding, Authorization]:
    """What to answer of a contract certificate and of the token with it (C07): each may spoil the other."""
    if finding is not ContractFinding.ACCEPTED:
        expired = finding is ContractFinding.CERTIFICATE_EXPIRED
        status = AuthorizationStatus.EXPIRED if expired else AuthorizationStatus.INVALID
        return finding, replace(token, status=status)
    return (ContractFinding.CONTRACT_CANCELLED if token.status in _NO_CONTRACT else finding), token


class CertificateBook(Book):
    KIND = "certificates"

    @dataclass(frozen=True)
    class SigningRequested(DomainEvent):
        TOPIC = "certificates.signing-requested"
        csr: str
        answer: str
        certificate_type: str = CHARGING_STATION_CERTIFICATE
        reason: str | None = None
        """Why it was rejected."""

    @dataclass(frozen=True)
    class ChainSent(DomainEvent):
        TOPIC = "certificates.chain-sent"
        certificate_chain: str
        outcome: str
        certificate_type: str = CHARGING_STATION_CERTIFICATE

    @dataclass(frozen=True)
    class InstallationAnswered(DomainEvent):
        TOPIC = "certificates.installation-answered"
        certificate_type: str
        certificate: str
        outcome: str

    @dataclass(frozen=True)
    class DeletionAnswered(DomainEvent):
        TOPIC = "certificates.deletion-answered"
        hash: CertificateHash
        outcome: str

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        """All certificates of the types that were asked for; no types is all types."""

        TOPIC = "certificates.reported"
        types: tuple[str, ...]
        certificates: tuple[InstalledCertificate, ...]


def is_pem(text: str, *labels: str, most: int = 1) -> bool:
    """Whether a text is PEM (RFC 7468) of one to `most` blocks with such a label, each of them whole: one ASN.1
    sequence, not cut off. What is in it is not looked at.
    """
    blocks = _BLOCK.findall(text)
    if not 1 <= len(blocks) <= most or _BLOCK.sub("", text).strip():
        return False
    return all(found in labels and _is_whole(body) for found, body in blocks)


def _is_whole(body: str) -> bool:
    try:
        der = b64decode("".join(body.split()), validate=True)
    except (Error, ValueError):
        return False
    if len(der) < 2 or der[0] != 0x30:
        return False
    if der[1] < 0x80:
        return len(der) == 2 + der[1]
    size = der[1] & 0x7F
    return 1 <= size <= 4 and len(der) == 2 + size + int.from_bytes(der[2 : 2 + size])
