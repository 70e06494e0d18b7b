"""A certificate authority in a file: signs what stations ask for (2.0.1 A02, A03). Off unless a key is set."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from api.ocpp.pki import NotSigned
from app.pki.faults import UNREADABLE, Unusable

_SMALLEST_RSA, _SMALLEST_EC = 2048, 224
"""Bits (2.0.1 A00.FR.501, FR.502)."""
_SKEW = timedelta(minutes=5)
"""A certificate is good a little before it was made: a station whose clock is slow must not find it in the future."""
_LONGEST_CHAIN = 10_000

FOR_CLIENTS, FOR_SERVERS = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """Signs with a key it has in memory. `chain` leads with the certificate of the key; a root in it is not handed out.

    `purpose` is what the certificates are for: a station is a client of ours, and a server to cars.
    """

    key: CertificateIssuerPrivateKeyTypes
    chain: tuple[x509.Certificate, ...]
    purpose: ObjectIdentifier
    lifetime: timedelta

    @classmethod
    def load(cls, certificate: Path, key: Path, purpose: ObjectIdentifier, lifetime: timedelta) -> LocalAuthority:
        """Raises Unusable for files that are not what they have to be, OSError for those that cannot be read."""
        try:
            private = serialization.load_pem_private_key(key.read_bytes(), None)
        except (TypeError, *UNREADABLE):
            raise Unusable(f"{key} is no private key in PEM without a password") from None
        if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise Unusable(f"{key} is neither an RSA nor an EC key")
        try:
            chain = tuple(x509.load_pem_x509_certificates(certificate.read_bytes()))
        except UNREADABLE:
            raise Unusable(f"{certificate} has no certificates in PEM") from None
        if chain[0].public_key() != private.public_key():
            raise Unusable(f"the first certificate in {certificate} is not that of the key in {key}")
        if not _may_sign(chain[0]):
            raise Unusable(f"the first certificate in {certificate} is not that of an authority")
        return cls(private, chain, purpose, lifetime)

    async def sign(self, csr: str, station_id: str, at: datetime) -> str:
        return await asyncio.to_thread(self._sign, csr, station_id, at)

    def _sign(self, csr: str, station_id: str, at: datetime) -> str:
        request = _read(csr, station_id)
        until = min(at + self.lifetime, self.chain[0].not_valid_after_utc)
        if until <= at:
            raise NotSigned("the certificate of the authority has expired")
        made = (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(self.chain[0].subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(at - _SKEW, self.chain[0].not_valid_before_utc))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_USAGE, critical=True)
            .add_extension(x509.ExtendedKeyUsage([self.purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(request.public_key()), critical=False)
            .add_extension(self._key_identifier(), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        chain = "".join(_pem(one) for one in (made, *self.chain) if one.subject != one.issuer)
        if len(chain) > _LONGEST_CHAIN:
            raise NotSigned("the chain of the authority is too long for a station")
        return chain

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        try:
            known = self.chain[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known.value)


_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_agreement=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _read(csr: str, station_id: str) -> x509.CertificateSigningRequest:
    """The request, if it is for this station's own key. What it wishes of extensions is not heeded."""
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        signed = request.is_signature_valid
        key = request.public_key()
    except (InvalidSignature, *UNREADABLE):
        raise NotSigned("the request cannot be read") from None
    if not signed:
        raise NotSigned("the request is not signed with its own key")
    match key:
        case rsa.RSAPublicKey() if key.key_size < _SMALLEST_RSA:
            raise NotSigned(f"an RSA key has at least {_SMALLEST_RSA} bits")
        case ec.EllipticCurvePublicKey() if key.key_size < _SMALLEST_EC:
            raise NotSigned(f"an EC key has at least {_SMALLEST_EC} bits")
        case rsa.RSAPublicKey() | ec.EllipticCurvePublicKey() | ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            pass
        case _:
            raise NotSigned("a key is RSA or EC")
    if [one.value for one in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] != [station_id]:
        raise NotSigned(f"the common name of the subject must be {station_id}")
    return request


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
