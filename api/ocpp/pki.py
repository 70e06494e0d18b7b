"""What a node knows of certificates beyond its journal: who signs, who has been revoked, where contracts come from.

Each is handed in by whoever starts the node. What is not there is left to the operator, or answered in the negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.certificates import CertificateHash, ContractFinding


class NotSigned(ValueError):
    """A request for a certificate is not as it has to be; the message says what is wrong, and may be shown."""


class CertificateAuthority(Protocol):
    async def sign(self, csr: str, station_id: str, at: datetime) -> str:
        """The certificate that a PEM request asks for, then those above it without the root, all PEM.

        Raises NotSigned.
        """


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """Has a certificate been revoked? RFC 6960, in the station's words."""

    hash: CertificateHash
    responder_url: str


class OcspFailed(Exception):
    """There is no answer, or none that can be believed."""


class OcspResponder(Protocol):
    async def ask(self, request: OcspRequest, at: datetime) -> bytes:
        """The OCSPResponse in DER, successful and good at that time. Raises OcspFailed; takes five seconds at most."""


class ContractValidation(Protocol):
    async def check(self, chain: str | None, requests: Sequence[OcspRequest], at: datetime) -> ContractFinding:
        """What a contract certificate is worth: the PEM chain that a car has shown, the leaf first, or what a station
        has made of it (2.0.1 C07). Takes five seconds at most.
        """


class ContractCertificatePool(Protocol):
    async def exchange(self, schema_version: str, action: str, exi_request: str) -> str | None:
        """What to tell a car that wants a contract certificate installed or updated; base64 as the request is. None:
        nobody answers, which is known after five seconds at most (ISO 15118-2 V2G_SECC timeouts).
        """


@dataclass(frozen=True, slots=True)
class Pki:
    authorities: Mapping[str, CertificateAuthority] = field(default_factory=dict)
    """By the type of certificate they sign; requests of other types wait for the operator."""
    responder: OcspResponder | None = None
    contracts: ContractValidation | None = None
    pool: ContractCertificatePool | None = None
