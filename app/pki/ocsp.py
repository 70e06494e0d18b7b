"""OCSP (RFC 6960): asks whether a certificate has been revoked, and reads the answer.

Answers are kept as long as they say they are good. Whether one can be believed is decided where it is used: a station
gets it signed as it is, a contract of a car is only believed with the signature checked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from api.ocpp.pki import OcspFailed, OcspRequest
from app.pki.door import Closed, Door
from app.pki.faults import UNREADABLE
from domain.certificates import CertificateHash

PATIENCE = 5.0
"""Seconds: a car waits no longer."""
_LARGEST = 16_384
"""Bytes of an answer."""
_KEPT = 2_000
_GOOD_WITHOUT_END = timedelta(days=1)
"""For so long an answer counts that does not say how long it does; an old one could be shown for ever."""
_SKEW = timedelta(minutes=5)

ALGORITHMS: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


class Standing(Enum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class OcspClient:
    """Asks responders over HTTP, and remembers."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._kept: OrderedDict[OcspRequest, tuple[bytes, datetime]] = OrderedDict()

    async def ask(self, request: OcspRequest, at: datetime) -> bytes:
        if (kept := self._kept.get(request)) is not None and at < kept[1]:
            self._kept.move_to_end(request)
            return kept[0]
        answer = await self._fetched(request)
        single = single_response(answer, request.hash, at)
        if single.next_update_utc is not None:
            self._kept[request] = (answer, single.next_update_utc)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return answer

    async def _fetched(self, request: OcspRequest) -> bytes:
        body = _encoded(request.hash)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._door.post(request.responder_url, body, "application/ocsp-request", most=_LARGEST)
        except TimeoutError:
            raise OcspFailed("the responder does not answer") from None
        except Closed as closed:
            raise OcspFailed(str(closed)) from None


def _encoded(named: CertificateHash) -> bytes:
    try:
        name, key = bytes.fromhex(named.issuer_name_hash), bytes.fromhex(named.issuer_key_hash)
        serial, algorithm = int(named.serial_number, 16), ALGORITHMS[named.hash_algorithm]()
        request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, algorithm).build()
    except (ValueError, TypeError, KeyError):
        raise OcspFailed("the hash data of the certificate are not hex digits of the right length") from None
    return request.public_bytes(serialization.Encoding.DER)


def single_response(answer: bytes, named: CertificateHash, at: datetime) -> ocsp.OCSPSingleResponse:
    """What an answer says of a certificate. Raises OcspFailed if it says nothing that counts at that time."""
    try:
        response = ocsp.load_der_ocsp_response(answer)
        found = list(response.responses) if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL else []
        about = [single for single in found if _is_about(single, named)]
    except UNREADABLE:
        raise OcspFailed("the answer of the responder cannot be read") from None
    for single in about:
        ends = single.next_update_utc or single.this_update_utc + _GOOD_WITHOUT_END
        if single.this_update_utc <= at + _SKEW and at < ends:
            return single
    raise OcspFailed("the responder says nothing about this certificate that counts now")


def _is_about(single: ocsp.OCSPSingleResponse, named: CertificateHash) -> bool:
    return (
        isinstance(single.hash_algorithm, ALGORITHMS[named.hash_algorithm])
        and single.serial_number == int(named.serial_number, 16)
        and single.issuer_key_hash == bytes.fromhex(named.issuer_key_hash)
        and single.issuer_name_hash == bytes.fromhex(named.issuer_name_hash)
    )


def standing(answer: bytes, named: CertificateHash, issuers: Iterable[x509.Certificate], at: datetime) -> Standing:
    """What an answer is worth that is signed by the issuer of the certificate or by whom it has made responder.

    The hash data name the issuer's key, so whichever certificate fits them is the issuer's. Raises OcspFailed.
    """
    single = single_response(answer, named, at)
    response = ocsp.load_der_ocsp_response(answer)
    issuer = next((one for one in (*issuers, *response.certificates) if _is_named(one, named)), None)
    if issuer is None:
        raise OcspFailed("the issuer of the certificate is not known: the answer of the responder cannot be checked")
    if not any(_has_signed(signer, response) for signer in _signers(issuer, response.certificates, at)):
        raise OcspFailed("the answer of the responder is not signed by whom it has to be")
    return Standing[single.certificate_status.name]


def _is_named(issuer: x509.Certificate, named: CertificateHash) -> bool:
    name, key = issuer_hashes(issuer, named.hash_algorithm)
    return (name.hex(), key.hex()) == (named.issuer_name_hash.lower(), named.issuer_key_hash.lower())


def issuer_hashes(issuer: x509.Certificate, algorithm: str) -> tuple[bytes, bytes]:
    """Of the name and the key of an issuer, as hash data have them (RFC 6960 §4.1.1)."""
    of_itself = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, ALGORITHMS[algorithm]()).build()
    return hashlib.new(algorithm, issuer.subject.public_bytes()).digest(), of_itself.issuer_key_hash


def _signers(issuer: x509.Certificate, shown: Sequence[x509.Certificate], at: datetime) -> Iterable[x509.Certificate]:
    yield issuer
    for one in shown:
        if one.not_valid_before_utc <= at <= one.not_valid_after_utc and _is_responder(one):
            with suppress(TypeError, InvalidSignature, *UNREADABLE):
                one.verify_directly_issued_by(issuer)
                yield one


def _is_responder(certificate: x509.Certificate) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _has_signed(signer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    signed = (response.signature, response.tbs_response_bytes)
    try:
        key, algorithm = signer.public_key(), response.signature_hash_algorithm
        match key:
            case ec.EllipticCurvePublicKey() if algorithm is not None:
                key.verify(*signed, ec.ECDSA(algorithm))
            case rsa.RSAPublicKey() if algorithm is not None:
                key.verify(*signed, padding.PKCS1v15(), algorithm)
            case _:
                return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True
