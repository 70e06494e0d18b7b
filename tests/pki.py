"""Certificates made for a test, and a responder that says of them what the test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from domain.certificates import CertificateHash

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def name(common_name: str) -> x509.Name:
    attributes = (NameOID.ORGANIZATION_NAME, "Example"), (NameOID.COMMON_NAME, common_name)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def pem(*certificates: x509.Certificate) -> str:
    return "".join(one.public_bytes(PEM).decode() for one in certificates)


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    issuer: Holder | None = None

    @classmethod
    def root(cls, common_name: str = "Root", **more: Any) -> Holder:
        return _made(None, common_name, authority=True, **more)

    def issues(self, common_name: str, **more: Any) -> Holder:
        """More: `authority`, `responder` URL, `days` (from now, below 0 if it has expired), `usages`, `serial`, and
        whether its key usage says that it `signs` certificates.
        """
        return _made(self, common_name, **more)

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    @property
    def key_pem(self) -> str:
        encoding = (PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return self.key.private_bytes(*encoding).decode()

    def hash_data(self, responder: str = "", algorithm: str = "SHA256") -> dict[str, str]:
        """As a station tells it, for OCSP."""
        assert self.issuer is not None
        hash_ = getattr(hashes, algorithm)()
        builder = ocsp.OCSPRequestBuilder().add_certificate(self.certificate, self.issuer.certificate, hash_)
        request = builder.build()
        return {
            "hashAlgorithm": algorithm,
            "issuerNameHash": request.issuer_name_hash.hex(),
            "issuerKeyHash": request.issuer_key_hash.hex(),
            "serialNumber": f"{self.certificate.serial_number:X}",
        } | ({"responderURL": responder} if responder else {})

    @property
    def named(self) -> CertificateHash:
        return CertificateHash(*self.hash_data().values())


def _made(
    issuer: Holder | None,
    common_name: str,
    *,
    authority: bool = False,
    responder: str | None = None,
    days: float = 30,
    usages: tuple[x509.ObjectIdentifier, ...] = (),
    serial: int | None = None,
    signs: bool | None = None,
) -> Holder:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer.certificate.subject if issuer else name(common_name))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if responder is not None:
        place = x509.UniformResourceIdentifier(responder)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if signs is not None:
        builder = builder.add_extension(_usage(signs), critical=True)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key, issuer)


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(True, False, False, False, False, signs, False, False, False)


def csr(common_name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(name(common_name)).sign(key, hashes.SHA256())
    return made.public_bytes(PEM).decode()


@dataclass
class Responder:
    """Answers for the certificates that it was told of; good ones unless they are revoked."""

    url: str = ""
    asked: list[ocsp.OCSPRequest] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)
    known: dict[int, Holder] = field(default_factory=dict)
    signer: Holder | None = None
    """Who signs instead of the issuer: shown along, unless it is not to be."""
    shows: tuple[x509.Certificate, ...] = ()
    """Certificates in the answer beside the signer's."""
    lasts: timedelta | None = timedelta(hours=1)
    raw: Callable[[], tuple[int, bytes]] | None = None
    """What is answered instead."""

    def of(self, *holders: Holder) -> Responder:
        self.known |= {one.certificate.serial_number: one for one in holders}
        return self

    def answer(self, body: bytes) -> tuple[int, bytes]:
        request = ocsp.load_der_ocsp_request(body)
        self.asked.append(request)
        if self.raw is not None:
            return self.raw()
        holder = self.known[request.serial_number]
        assert holder.issuer is not None
        signer, now = self.signer or holder.issuer, datetime.now(UTC)
        revoked = request.serial_number in self.revoked
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=holder.certificate,
            issuer=holder.issuer.certificate,
            algorithm=request.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + self.lasts if self.lasts else None,
            revocation_time=now if revoked else None,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        builder = builder.certificates([signer.certificate, *self.shows])
        return 200, builder.sign(signer.key, hashes.SHA256()).public_bytes(DER)


@contextmanager
def responding() -> Iterator[Responder]:
    responder = Responder()
    with http_server(lambda body, headers: responder.answer(body)) as responder.url:
        yield responder


@dataclass
class Pool:
    """A contract certificate pool: notes what it is asked, and answers."""

    url: str = ""
    asked: list[tuple[dict[str, Any], str | None]] = field(default_factory=list)
    told: tuple[int, Any] = (200, {"status": "Accepted", "exiResponse": "gJgCAA=="})

    def answer(self, body: bytes, headers: Any) -> tuple[int, bytes]:
        self.asked.append((json.loads(body), headers["Authorization"]))
        return self.told[0], json.dumps(self.told[1]).encode()


@contextmanager
def pooling() -> Iterator[Pool]:
    pool = Pool()
    with http_server(pool.answer) as pool.url:
        yield pool


@contextmanager
def http_server(answer: Callable[[bytes, Any], tuple[int, bytes]]) -> Iterator[str]:
    """Answers POSTs in a thread; yields the URL, whose host is this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])), self.headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING
