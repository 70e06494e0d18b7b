"""OCSP: what is asked, what is kept, and whom we believe."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.x509 import ocsp

from api.ocpp.pki import OcspFailed, OcspRequest
from app.pki import ocsp as asking
from app.pki.ocsp import OcspClient, Standing, standing
from domain.certificates import CertificateHash
from tests.pki import OCSP_SIGNING, Holder, Responder

NOW = datetime.now(UTC)


@pytest.fixture
def leaf(responder: Responder) -> Holder:
    """A certificate that the responder knows."""
    leaf = Holder.root().issues("leaf")
    responder.of(leaf)
    return leaf


def request(leaf: Holder, responder: Responder) -> OcspRequest:
    return OcspRequest(leaf.named, responder.url)


async def test_the_hash_data_are_asked_as_the_station_gave_them(
    client: OcspClient, responder: Responder, leaf: Holder
) -> None:
    answer = await client.ask(request(leaf, responder), NOW)
    assert ocsp.load_der_ocsp_response(answer).serial_number == leaf.certificate.serial_number
    [asked] = responder.asked
    assert asked.issuer_key_hash.hex() == leaf.named.issuer_key_hash
    assert asked.issuer_name_hash.hex() == leaf.named.issuer_name_hash


@pytest.mark.parametrize("algorithm", ["SHA384", "SHA512"])
async def test_other_hashes_will_do(algorithm: str, client: OcspClient, responder: Responder, leaf: Holder) -> None:
    assert leaf.issuer is not None
    named = CertificateHash(*leaf.hash_data(algorithm=algorithm).values())
    answer = await client.ask(OcspRequest(named, responder.url), NOW)
    assert standing(answer, named, [leaf.issuer.certificate], NOW) is Standing.GOOD


async def test_an_answer_is_kept_as_long_as_it_is_good(client: OcspClient, responder: Responder, leaf: Holder) -> None:
    for minutes in (0, 30, 59):
        await client.ask(request(leaf, responder), NOW + timedelta(minutes=minutes))
    assert len(responder.asked) == 1
    with pytest.raises(OcspFailed, match="counts now"):  # the test's responder does not live in the future
        await client.ask(request(leaf, responder), NOW + timedelta(days=1))
    assert len(responder.asked) == 2


async def test_one_that_does_not_say_how_long_is_not_kept(
    client: OcspClient, responder: Responder, leaf: Holder
) -> None:
    responder.lasts = None
    for _ in range(2):
        await client.ask(request(leaf, responder), NOW)
    assert len(responder.asked) == 2
    with pytest.raises(OcspFailed, match="counts now"):
        await client.ask(request(leaf, responder), NOW + timedelta(days=2))


async def test_not_more_are_kept_than_there_is_room_for(
    client: OcspClient, responder: Responder, leaf: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_KEPT", 1)
    other = Holder.root().issues("other")
    responder.of(other)
    for one in (leaf, other, leaf):
        await client.ask(request(one, responder), NOW)
    assert len(responder.asked) == 3


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"\x30\x00"),
        (404, b""),
        (200, b"x" * 20_000),
        (200, ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)),
    ],
    ids=["empty", "nothing", "missing", "large", "later"],
)
async def test_what_is_no_answer_fails(
    answer: tuple[int, bytes | ocsp.OCSPResponse], client: OcspClient, responder: Responder, leaf: Holder
) -> None:
    status, body = answer
    raw = body if isinstance(body, bytes) else body.public_bytes(asking.serialization.Encoding.DER)
    responder.raw = lambda: (status, raw)
    with pytest.raises(OcspFailed):
        await client.ask(request(leaf, responder), NOW)


async def test_an_answer_about_another_certificate_is_none(
    client: OcspClient, responder: Responder, leaf: Holder
) -> None:
    assert leaf.issuer is not None
    other = leaf.issuer.issues("other")
    responder.known[other.certificate.serial_number] = leaf
    namesake = Holder.root().issues("leaf", serial=leaf.certificate.serial_number)
    for one in (other, namesake):
        with pytest.raises(OcspFailed, match="counts now"):
            await client.ask(request(one, responder), NOW)


async def test_a_responder_that_is_slow_is_not_waited_for(
    client: OcspClient, responder: Responder, leaf: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.1)

    def slowly() -> tuple[int, bytes]:
        time.sleep(0.4)
        return 200, b""

    responder.raw = slowly
    with pytest.raises(OcspFailed, match="does not answer"):
        await client.ask(request(leaf, responder), NOW)


@pytest.mark.parametrize(
    "wrong", [{"issuer_key_hash": "xx"}, {"issuer_name_hash": "ab"}, {"serial_number": ""}, {"hash_algorithm": "MD5"}]
)
async def test_hash_data_that_are_none_are_not_asked(
    wrong: dict[str, str], client: OcspClient, responder: Responder, leaf: Holder
) -> None:
    with pytest.raises(OcspFailed, match="hash data"):
        await client.ask(OcspRequest(replace(leaf.named, **wrong), responder.url), NOW)
    assert not responder.asked


@pytest.mark.parametrize("revoked", [False, True])
@pytest.mark.parametrize("signer", ["issuer", "delegate"])
@pytest.mark.parametrize("upper", [False, True])
async def test_the_word_of_the_issuer_or_of_its_delegate_counts(
    revoked: bool, signer: str, upper: bool, client: OcspClient, responder: Responder, leaf: Holder
) -> None:
    assert leaf.issuer is not None
    if signer == "delegate":
        responder.signer = leaf.issuer.issues("OCSP", usages=(OCSP_SIGNING,))
    responder.revoked = {leaf.certificate.serial_number} if revoked else set()
    answer = await client.ask(request(leaf, responder), NOW)
    named = leaf.named
    if upper:
        named = replace(named, issuer_key_hash=named.issuer_key_hash.upper())
    found = standing(answer, named, [leaf.issuer.certificate], NOW)
    assert found is (Standing.REVOKED if revoked else Standing.GOOD)


@pytest.mark.parametrize("signer", ["stranger", "no purpose", "of another", "expired"])
async def test_the_word_of_others_does_not(signer: str, client: OcspClient, responder: Responder, leaf: Holder) -> None:
    assert leaf.issuer is not None
    responder.signer = {
        "stranger": Holder.root(),
        "no purpose": leaf.issuer.issues("OCSP"),
        "of another": Holder.root().issues("OCSP", usages=(OCSP_SIGNING,)),
        "expired": leaf.issuer.issues("OCSP", usages=(OCSP_SIGNING,), days=-1),
    }[signer]
    answer = await client.ask(request(leaf, responder), NOW)
    with pytest.raises(OcspFailed, match="not signed by whom"):
        standing(answer, leaf.named, [leaf.issuer.certificate], NOW)


async def test_without_the_issuer_nobody_can_tell(client: OcspClient, responder: Responder, leaf: Holder) -> None:
    assert leaf.issuer is not None
    responder.signer = leaf.issuer.issues("OCSP", usages=(OCSP_SIGNING,))
    answer = await client.ask(request(leaf, responder), NOW)
    with pytest.raises(OcspFailed, match="issuer of the certificate is not known"):
        standing(answer, leaf.named, [Holder.root().certificate], NOW)
