"""Signatures of meters."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.signatures import require_key, verify
from domain.ocmf import parse
from domain.signed_verdict import CannotVerify
from tests.signing_meter import Meter, reading

CURVES: list[tuple[str, ec.EllipticCurve]] = [
    ("secp192r1", ec.SECP192R1()),
    ("secp256k1", ec.SECP256K1()),
    ("secp256r1", ec.SECP256R1()),
    ("secp384r1", ec.SECP384R1()),
    ("secp521r1", ec.SECP521R1()),
    ("brainpool256r1", ec.BrainpoolP256R1()),
    ("brainpool384r1", ec.BrainpoolP384R1()),
    ("brainpoolP512r1", ec.BrainpoolP512R1()),
]


@pytest.mark.parametrize(("name", "curve"), CURVES)
def test_every_curve_is_verified(name: str, curve: ec.EllipticCurve) -> None:
    meter = Meter(curve, name)
    record = parse(meter.record("T1", reading("B", "1.23")))
    assert verify(meter.key, record)
    assert not verify(Meter(curve, name).key, record)
    forged = meter.record("T1", reading("B", "1.23")).replace("1.23", "1.24")
    assert not verify(meter.key, parse(forged))
    require_key(meter.key)


def test_a_bare_point_is_of_the_curve_that_the_record_names() -> None:
    meter = Meter(ec.BrainpoolP256R1(), "brainpool256r1")
    point = meter.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert verify(point, parse(meter.record("T1", reading("B", "1"))))
    require_key(point)
    with pytest.raises(CannotVerify, match="cannot be read"):
        verify(point, parse(meter.record("T1", reading("B", "1"), SA="ECDSA-secp256r1-SHA256")))


def test_a_signature_may_be_base64_and_of_no_told_kind() -> None:
    meter = Meter()
    hex_ = parse(meter.record("T1", reading("B", "1"))).signature.octets
    text = meter.record("T1", reading("B", "1"), SE="base64", SD=b64encode(hex_).decode())
    assert verify(meter.key, parse(text))
    assert verify(meter.key, parse(meter.record("T1", reading("B", "1"), SA=None)))


@pytest.mark.parametrize(
    "told",
    [
        {"SA": "ECDSA-secp192k1-SHA256"},
        {"SA": "ECDSA-secp256r1-SHA1"},
        {"SA": "RSA"},
        {"SA": ""} | {"SM": "application/x-raw"},
    ],
)
def test_what_nobody_here_can_verify_is_not_called_wrong(told: dict[str, str]) -> None:
    meter = Meter()
    with pytest.raises(CannotVerify):
        verify(meter.key, parse(meter.record("T1", reading("B", "1"), **told)))


def test_a_signature_that_is_no_der_is_wrong() -> None:
    meter = Meter()
    for damaged in ("", "00", "ff" * 70):
        assert not verify(meter.key, parse(meter.record("T1", reading("B", "1"), SD=damaged)))


def test_other_keys_are_refused() -> None:
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    for key in (
        b"",
        b"\x04" * 65,
        b"\x30\x01\x00",
        edwards.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        with pytest.raises(CannotVerify):
            require_key(key)
