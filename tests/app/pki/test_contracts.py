"""Contract certificates: what a chain and the answers about it are worth."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from api.ocpp.pki import OcspRequest
from app.pki.contracts import Contracts
from app.pki.ocsp import OcspClient
from domain.certificates import ContractFinding
from tests.pki import DER, Holder, Responder, pem

NOW = datetime.now(UTC)


class Car(NamedTuple):
    leaf: Holder
    sub: Holder
    root: Holder

    @property
    def chain(self) -> str:
        return pem(self.leaf.certificate, self.sub.certificate)


def car(responder: Responder, *, days: float = 30, sub_days: float = 30, **more: bool) -> Car:
    root = Holder.root("MO")
    sub = root.issues("Sub", **{"authority": True} | more, responder=responder.url, days=sub_days)
    leaf = sub.issues("DEABCC1", responder=responder.url, days=days)
    responder.of(sub, leaf)
    return Car(leaf, sub, root)


def knowing(client: OcspClient, *known: Holder) -> Contracts:
    return Contracts(client, [one.certificate for one in known])


def requests(car: Car, responder: Responder) -> list[OcspRequest]:
    return [OcspRequest(one.named, responder.url) for one in (car.leaf, car.sub)]


async def test_a_good_chain_is_accepted_after_each_of_it_was_asked_for(
    client: OcspClient, responder: Responder
) -> None:
    shown = car(responder)
    assert await knowing(client, shown.root).check(shown.chain, [], NOW) is ContractFinding.ACCEPTED
    asked = {one.serial_number for one in responder.asked}
    assert asked == {shown.leaf.certificate.serial_number, shown.sub.certificate.serial_number}


async def test_what_the_station_names_is_asked_for_once(client: OcspClient, responder: Responder) -> None:
    shown = car(responder)
    contracts = knowing(client, shown.root, shown.sub)
    assert await contracts.check(None, requests(shown, responder), NOW) is ContractFinding.ACCEPTED
    assert await contracts.check(shown.chain, [], NOW) is ContractFinding.ACCEPTED
    assert len(responder.asked) == 2


@pytest.mark.parametrize("which", ["leaf", "sub"])
async def test_one_that_was_revoked_spoils_all(which: str, client: OcspClient, responder: Responder) -> None:
    shown = car(responder)
    responder.revoked = {getattr(shown, which).certificate.serial_number}
    contracts = knowing(client, shown.root, shown.sub)
    for chain, named in ((shown.chain, []), (None, requests(shown, responder))):
        assert await contracts.check(chain, named, NOW) is ContractFinding.CERTIFICATE_REVOKED


@pytest.mark.parametrize(("days", "sub_days"), [(-1, 30), (30, -1), (-1, -2)])
async def test_one_that_has_expired(days: float, sub_days: float, client: OcspClient, responder: Responder) -> None:
    shown = car(responder, days=days, sub_days=sub_days)
    old = Holder.root("Old").issues("Old Sub", authority=True, days=-50)
    contracts = knowing(client, shown.root, old)
    assert await contracts.check(shown.chain, [], NOW) is ContractFinding.CERTIFICATE_EXPIRED
    assert not responder.asked


async def test_chains_that_lead_nowhere(client: OcspClient, responder: Responder) -> None:
    shown, other = car(responder), car(responder)
    under_a_leaf, may_not_sign = car(responder, authority=False), car(responder, signs=False)
    forged = Holder.root("MO").issues("DEABCC1", responder=responder.url)
    contracts = knowing(client, shown.root, under_a_leaf.root, may_not_sign.root)
    for chain in (
        other.chain,
        under_a_leaf.chain,
        may_not_sign.chain,
        forged.pem,
        shown.leaf.pem,
        pem(shown.leaf.certificate, other.sub.certificate),
        "",
        "x",
        shown.chain[:300],
        _of_version_9(shown.leaf) + shown.sub.pem,
        shown.leaf.pem + shown.sub.pem * 6,
    ):
        assert await contracts.check(chain, [], NOW) is ContractFinding.CERT_CHAIN_ERROR, chain
    assert not responder.asked
    assert await contracts.check(None, [], NOW) is ContractFinding.CERT_CHAIN_ERROR
    assert await knowing(client).check(shown.chain, [], NOW) is ContractFinding.CERT_CHAIN_ERROR


def _of_version_9(holder: Holder) -> str:
    der = holder.certificate.public_bytes(DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08", 1)
    return f"-----BEGIN CERTIFICATE-----\n{b64encode(der).decode()}\n-----END CERTIFICATE-----\n"


async def test_what_is_below_the_root_may_be_known_to_us(client: OcspClient, responder: Responder) -> None:
    shown = car(responder, signs=True)
    assert await knowing(client, shown.root, shown.sub).check(shown.leaf.pem, [], NOW) is ContractFinding.ACCEPTED


async def test_a_leaf_must_say_who_can_be_asked(client: OcspClient, responder: Responder) -> None:
    shown = car(responder)
    silent = shown.sub.issues("DEABCC1")
    chain = pem(silent.certificate, shown.sub.certificate)
    assert await knowing(client, shown.root).check(chain, [], NOW) is ContractFinding.CERT_CHAIN_ERROR


async def test_answers_that_cannot_be_checked_are_worth_nothing(client: OcspClient, responder: Responder) -> None:
    shown = car(responder)
    responder.signer = Holder.root()
    contracts = knowing(client, shown.root, shown.sub)
    assert await contracts.check(None, requests(shown, responder), NOW) is ContractFinding.CERT_CHAIN_ERROR
    responder.raw = lambda: (500, b"")
    assert await contracts.check(shown.chain, [], NOW) is ContractFinding.CERT_CHAIN_ERROR
