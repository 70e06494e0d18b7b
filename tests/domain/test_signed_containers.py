"""Signed values and keys out of their wrappings."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.ocmf import Unreadable
from domain.signed_containers import Container, public_key, unpacked
from domain.values import SignedValue
from tests.signing_meter import Meter

TEXT = 'OCMF|{"ID":"ü"}|{}'
BASE64 = b64encode(TEXT.encode()).decode()


@pytest.mark.parametrize("data", [TEXT, TEXT.encode().hex(), TEXT.encode().hex().upper(), BASE64, BASE64.rstrip("=")])
def test_the_text_of_the_meter_comes_out_whatever_it_was_wrapped_in(data: str) -> None:
    assert unpacked(SignedValue(data, "m", "OCMF", "k")) == Container(TEXT, "OCMF", "m", "k")
    assert unpacked(SignedValue(data)).format == "OCMF"


def test_a_16_station_wraps_all_of_it_in_one_text() -> None:
    told = {"signedMeterData": BASE64, "signingMethod": "m", "encodingMethod": "OCMF", "publicKey": "k"}
    assert unpacked(SignedValue(json.dumps(told))) == Container(TEXT, "OCMF", "m", "k")
    assert unpacked(SignedValue(json.dumps({"signedMeterData": BASE64, "publicKey": 7}))).public_key == ""


@pytest.mark.parametrize(
    "data", ["", "é", "{", "{}", '{"signedMeterData":7}', "[" * 9, "{" * 100_000, "ff00", "T0NN", TEXT[1:], "A"]
)
def test_what_is_something_else_has_no_text(data: str) -> None:
    assert unpacked(SignedValue(data, encoding="EDL")).text is None


def test_a_key_is_read_in_every_form_in_which_it_is_printed() -> None:
    meter = Meter()
    der = meter.key
    base64 = b64encode(der).decode()
    printed = meter.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (
        der.hex(),
        der.hex().upper(),
        f" {der.hex(' ')}\n",
        base64,
        printed,
        f"oca:base16:asn1:{der.hex()}",
        f"oca:base64:asn1:{base64}",
        b64encode(f"oca:base16:asn1:{der.hex()}".encode()).decode(),
        b64encode(der.hex().encode()).decode(),
    ):
        assert public_key(text) == der, text
    point = meter.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert public_key(point.hex()) == public_key(f"oca:base16:asn1:{point.hex()}") == point


@pytest.mark.parametrize("text", ["", "oca:", "é", "zz", "3059", "30820122", "04" * 60, "oca:base16:asn1:", "A" * 90])
def test_what_is_no_key_is_said_so(text: str) -> None:
    with pytest.raises(Unreadable):
        public_key(text)
