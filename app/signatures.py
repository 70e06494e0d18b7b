"""Verifies what meters have signed: ECDSA with SHA-256, on the curves that OCMF names.

The library has no secp192k1; secp192r1 and brainpool curves it has where the OpenSSL that it is built with has them, as
in its own wheels. What it cannot do is said as such and never as a wrong signature.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from domain.ocmf import Record
from domain.signed_verdict import CannotVerify

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1,
    "secp256k1": ec.SECP256K1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpool256r1": ec.BrainpoolP256R1,
    "brainpool384r1": ec.BrainpoolP384R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
    "brainpoolP512r1": ec.BrainpoolP512R1,
}
_DER = "application/x-der"


def verify(public_key: bytes, record: Record) -> bool:
    """The curve is that of the key; the one that the record names counts for a key that is a bare point."""
    signature = record.signature
    curve = _curve(signature.algorithm)
    if signature.media_type != _DER:
        raise CannotVerify(f"the signature is not DER but {signature.media_type[:40]!r}")
    octets = signature.octets
    try:
        _load(public_key, curve).verify(octets, record.payload, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise CannotVerify(str(error)) from error
    return True


def require_key(public_key: bytes) -> None:
    """Raises CannotVerify for a key that no signature could be verified with."""
    problem = None
    for curve in _CURVES.values():
        try:
            _load(public_key, curve())
        except CannotVerify as error:
            problem = error
        else:
            return
    raise problem or CannotVerify("no curve is known here")


def _curve(algorithm: str) -> ec.EllipticCurve:
    scheme, _, rest = algorithm.partition("-")
    curve, _, digest = rest.partition("-")
    if scheme != "ECDSA" or digest != "SHA256" or curve not in _CURVES:
        raise CannotVerify(f"signatures of {algorithm[:60]!r} are not known here")
    return _CURVES[curve]()


def _load(public_key: bytes, curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    try:
        if public_key[:1] == b"\x04":
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, public_key)
        key = load_der_public_key(public_key)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CannotVerify(f"the public key cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CannotVerify("the public key is not one of an elliptic curve")
    return key
