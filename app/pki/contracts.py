"""Contract certificates of cars (2.0.1 C07): do they lead to a mobility operator we know, and do they still count?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import structlog
from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import AuthorityInformationAccessOID

from api.ocpp.pki import OcspFailed, OcspRequest, OcspResponder
from app.pki.faults import UNREADABLE
from app.pki.ocsp import PATIENCE, Standing, issuer_hashes, standing
from domain.certificates import CertificateHash, ContractFinding

log = structlog.get_logger(__name__)

_ALGORITHM = "SHA256"
_LONGEST_CHAIN = 5
"""Leaf, two below the root, and some to spare (ISO 15118-2 has two)."""


class NoChain(Exception):
    """Certificates that do not lead to a root we know."""


class Contracts:
    """`known` are the roots of mobility operators, and such certificates below them as are needed to check answers of
    OCSP responders that do not come with them. Roots are those that are their own issuers.
    """

    def __init__(self, responder: OcspResponder, known: Sequence[x509.Certificate]) -> None:
        self._responder = responder
        self._known = tuple(known)
        self._roots = [one for one in known if one.subject == one.issuer]

    async def check(self, chain: str | None, requests: Sequence[OcspRequest], at: datetime) -> ContractFinding:
        try:
            async with asyncio.timeout(PATIENCE):
                shown: list[x509.Certificate] = []
                if chain is not None:
                    expired, shown = await asyncio.to_thread(self._verified, chain, at)
                    if expired:
                        return ContractFinding.CERTIFICATE_EXPIRED
                    requests = list(dict.fromkeys([*requests, *_requests(shown)]))
                found = await asyncio.gather(*(self._standing(request, shown, at) for request in requests))
        except (NoChain, TimeoutError) as failure:
            log.info("pki.contract_not_checked", reason=str(failure) or "no answer in time")
            return ContractFinding.CERT_CHAIN_ERROR
        if Standing.REVOKED in found:
            return ContractFinding.CERTIFICATE_REVOKED
        good = found and all(one is Standing.GOOD for one in found)
        return ContractFinding.ACCEPTED if good else ContractFinding.CERT_CHAIN_ERROR

    async def _standing(self, request: OcspRequest, shown: Sequence[x509.Certificate], at: datetime) -> Standing:
        try:
            answer = await self._responder.ask(request, at)
            return standing(answer, request.hash, (*self._known, *shown), at)
        except OcspFailed as failure:
            log.info("pki.contract_not_checked", reason=str(failure), responder=request.responder_url)
            return Standing.UNKNOWN

    def _verified(self, pem: str, at: datetime) -> tuple[bool, list[x509.Certificate]]:
        """Whether a chain has expired, and all of it from the leaf to the root. Raises NoChain."""
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem.encode())
        except UNREADABLE:
            raise NoChain("the chain is not PEM") from None
        if not self._roots or len(others) >= _LONGEST_CHAIN:
            raise NoChain("no roots are known" if not self._roots else "the chain is too long")
        ended = min(one.not_valid_after_utc for one in (leaf, *others))
        others += [one for one in self._known if one not in self._roots]
        try:
            return False, self._path(leaf, others, at)
        except NoChain:
            if ended >= at:
                raise
        return True, self._path(leaf, others, ended)

    def _path(self, leaf: x509.Certificate, others: list[x509.Certificate], at: datetime) -> list[x509.Certificate]:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(self._roots))
            .time(at.replace(tzinfo=None))
            .max_chain_depth(_LONGEST_CHAIN)
            .extension_policies(ca_policy=_FOR_AUTHORITIES, ee_policy=verification.ExtensionPolicy.permit_all())
            .build_client_verifier()
        )
        try:
            return verifier.verify(leaf, others).chain
        except (verification.VerificationError, TypeError, *UNREADABLE) as failure:
            raise NoChain(str(failure)) from None


def _may_sign(_: object, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the certificate of an authority must be allowed to sign others")


_ANY = verification.Criticality.AGNOSTIC
_FOR_AUTHORITIES = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, _ANY, None)
    .may_be_present(x509.KeyUsage, _ANY, _may_sign)
)


def _requests(chain: Sequence[x509.Certificate]) -> list[OcspRequest]:
    """What to ask of each certificate below the root. Raises NoChain if nobody can be asked of the leaf: one further up
    need not name a responder.
    """
    found = []
    for certificate, issuer in pairwise(chain):
        if (url := _responder_of(certificate)) is not None:
            name, key = issuer_hashes(issuer, _ALGORITHM)
            named = CertificateHash(_ALGORITHM, name.hex(), key.hex(), f"{certificate.serial_number:X}")
            found.append(OcspRequest(named, url))
        elif certificate is chain[0]:
            raise NoChain("the certificate names no responder")
    return found


def _responder_of(certificate: x509.Certificate) -> str | None:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None
    places = [one.access_location for one in access if one.access_method == AuthorityInformationAccessOID.OCSP]
    return next((str(place.value) for place in places if isinstance(place, x509.UniformResourceIdentifier)), None)
