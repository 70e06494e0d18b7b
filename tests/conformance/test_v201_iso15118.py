"""OCPP 2.0.1 with ISO 15118: cases of the certification test plan, each named after its id.

The server of these has authorities of its own, knows a mobility operator, may ask the responder on this machine, and
has a pool of contract certificates.
"""

from __future__ import annotations

import asyncio
import itertools
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from tests.conformance.tool import Tool
from tests.endtoend.conftest import _execute
from tests.endtoend.server import Server
from tests.pki import Holder, Pool, Responder, csr, pem, pooling, responding

_numbers = itertools.count(1)
REQUESTS = """
query ($now: String, $id: ID!) { signingRequests(first: 5, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  certificateType answer reason outcome open } } }
"""
SCHEMA = "urn:iso:15118:2:2013:MsgDef"


class Contract(NamedTuple):
    """A car's certificate and those above it, and the token that it stands for."""

    emaid: str
    leaf: Holder
    sub: Holder

    @property
    def pem(self) -> str:
        return pem(self.leaf.certificate, self.sub.certificate)


class World(NamedTuple):
    """What stands around the server."""

    authority: Holder
    cars: Holder
    operator: Holder
    responder: Responder
    pool: Pool


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    root = Holder.root("CPO Root")
    with responding() as responder, pooling() as pool:
        yield World(root.issues("CPO Sub", authority=True), Holder.root("V2G"), Holder.root("MO"), responder, pool)


@pytest.fixture(scope="module")
def server(
    world: World, database_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("iso15118")
    files = {
        "ca_certificate": world.authority.pem + world.authority.issuer.pem,  # type: ignore[union-attr]
        "ca_key": world.authority.key_pem,
        "v2g_ca_certificate": world.cars.pem,
        "v2g_ca_key": world.cars.key_pem,
        "mo_certificates": world.operator.pem,
    }
    for file, text in files.items():
        (folder / file).write_text(text)
    name = f"csms_iso15118_{next(_numbers)}_{folder.name.replace('-', '_')}"
    asyncio.run(_execute(database_url, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"))
    settings = {file: str(folder / file) for file in files}
    dsn = urlsplit(database_url)._replace(path=f"/{name}").geturl()
    pool = {"contract_pool_url": world.pool.url, "contract_pool_key": "secret"}
    server = Server(folder, dsn, ocsp_hosts="127.0.0.1", **settings, **pool)
    try:
        server.start()
        yield server
        assert server.stop() == 0
    finally:
        server.kill()
        asyncio.run(_execute(database_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def contract(world: World, tool201: Tool) -> Contract:
    """Accepted, and with a chain that the mobility operator has signed."""
    emaid = f"DEABCC{next(_numbers):06}"
    await tool201.api.well("setIdToken", idToken=emaid, type="eMAID", status="Accepted")
    sub = world.operator.issues("MO Sub", authority=True, responder=world.responder.url)
    leaf = sub.issues(emaid, responder=world.responder.url)
    world.responder.of(sub, leaf)
    world.responder.shows = (sub.certificate,)
    world.responder.asked.clear()
    return Contract(emaid, leaf, sub)


async def _authorized(tool: Tool, emaid: str, **shown: Any) -> tuple[str, str]:
    """What a station is answered of a contract: of the certificate, and of the token."""
    answer = await tool.call("Authorize", idToken={"idToken": emaid, "type": "eMAID"}, **shown)
    return answer["certificateStatus"], answer["idTokenInfo"]["status"]


def _hashes(world: World, contract: Contract) -> list[dict[str, str]]:
    return [one.hash_data(world.responder.url) for one in (contract.leaf, contract.sub)]


def _asked(world: World) -> set[int]:
    """The serial numbers that the responder was asked for."""
    return {request.serial_number for request in world.responder.asked}


def _serials(contract: Contract) -> set[int]:
    return {one.certificate.serial_number for one in (contract.leaf, contract.sub)}


async def _asks_for_a_certificate(tool: Tool, common_name: str, **use: str) -> dict[str, Any]:
    return await tool.call("SignCertificate", csr=csr(common_name), **use)


async def _gets_one(tool: Tool, answer: str = "Accepted", **use: str) -> list[x509.Certificate]:
    """The station asks, and is sent what the server's own authority has signed."""
    assert await _asks_for_a_certificate(tool, tool.id, **use) == {"status": "Accepted"}
    heard = await tool.hears("CertificateSigned")
    await tool.answers(heard, status=answer)
    chain = heard.payload.pop("certificateChain")
    assert heard.payload == use
    return x509.load_pem_x509_certificates(chain.encode())


async def test_tc_c_50_csms(world: World, contract: Contract, tool201: Tool) -> None:
    """A car is authorized by its contract; each certificate that the station names is asked for."""
    hashes = _hashes(world, contract)
    found = await _authorized(tool201, contract.emaid, iso15118CertificateHashData=hashes)
    assert found == ("Accepted", "Accepted")
    assert _asked(world) == _serials(contract)


async def test_tc_c_51_csms(world: World, contract: Contract, tool201: Tool) -> None:
    """The certificate of a contract has been revoked.

    What the token is answered is lost in the source; the reading here is Invalid.
    """
    world.responder.revoked.add(contract.leaf.certificate.serial_number)
    hashes = _hashes(world, contract)
    found = await _authorized(tool201, contract.emaid, iso15118CertificateHashData=hashes)
    assert found == ("CertificateRevoked", "Invalid")
    assert _asked(world) == _serials(contract)


async def test_tc_c_52_csms(world: World, contract: Contract, tool201: Tool) -> None:
    """The car's chain comes whole: we make the hashes of it ourselves, and ask for each."""
    assert await _authorized(tool201, contract.emaid, certificate=contract.pem) == ("Accepted", "Accepted")
    assert _asked(world) == _serials(contract)
    first = world.responder.asked[0]
    named = {one.certificate.serial_number: one.named for one in (contract.leaf, contract.sub)}[first.serial_number]
    hashes = (named.issuer_name_hash, named.issuer_key_hash)
    assert (first.issuer_name_hash.hex(), first.issuer_key_hash.hex()) == hashes


async def test_a_token_that_is_not_accepted_has_no_contract(contract: Contract, tool201: Tool) -> None:
    await tool201.api.well("setIdToken", idToken=contract.emaid, type="eMAID", status="Blocked")
    assert await _authorized(tool201, contract.emaid, certificate=contract.pem) == ("ContractCancelled", "Blocked")


async def test_a_chain_of_somebody_else_is_not_believed(world: World, contract: Contract, tool201: Tool) -> None:
    leaf = Holder.root("Nobody").issues(contract.emaid, responder=world.responder.url)
    assert await _authorized(tool201, contract.emaid, certificate=leaf.pem) == ("CertChainError", "Invalid")
    assert not world.responder.asked


async def test_a_chain_that_has_expired(world: World, contract: Contract, tool201: Tool) -> None:
    leaf = contract.sub.issues(contract.emaid, responder=world.responder.url, days=-1)
    chain = pem(leaf.certificate, contract.sub.certificate)
    assert await _authorized(tool201, contract.emaid, certificate=chain) == ("CertificateExpired", "Expired")


async def test_tc_m_24_csms(world: World, contract: Contract, tool201: Tool) -> None:
    """A station wants to know whether a certificate has been revoked, and gets the responder's own word."""
    asked = contract.leaf.hash_data(world.responder.url)
    answer = await tool201.call("GetCertificateStatus", ocspRequestData=asked)
    assert answer["status"] == "Accepted"
    told = ocsp.load_der_ocsp_response(b64decode(answer["ocspResult"], validate=True))
    assert told.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert told.serial_number == contract.leaf.certificate.serial_number


@pytest.mark.parametrize("where", ["http://localhost:1/", "http://10.0.0.1/", "file:///etc/passwd", "http://[::1]/"])
async def test_a_station_cannot_have_our_neighbours_asked(where: str, contract: Contract, tool201: Tool) -> None:
    answer = await tool201.call("GetCertificateStatus", ocspRequestData=contract.leaf.hash_data(where))
    assert answer["status"] == "Failed"


async def _exchange(world: World, tool: Tool, action: str) -> None:
    world.pool.asked.clear()
    asked = {"iso15118SchemaVersion": SCHEMA, "action": action, "exiRequest": "gJgCAQ=="}
    assert await tool.call("Get15118EVCertificate", **asked) == {"status": "Accepted", "exiResponse": "gJgCAA=="}
    assert world.pool.asked == [(asked, "Bearer secret")]


async def test_tc_m_26_csms(world: World, tool201: Tool) -> None:
    """A car gets a contract certificate from the pool."""
    await _exchange(world, tool201, "Install")


async def test_tc_m_28_csms(world: World, tool201: Tool) -> None:
    """A car gets its contract certificate renewed from the pool."""
    await _exchange(world, tool201, "Update")


async def test_the_servers_own_authority_signs_for_stations(world: World, tool201: Tool) -> None:
    leaf, above = await _gets_one(tool201, certificateType="ChargingStationCertificate")
    leaf.verify_directly_issued_by(above)
    assert above == world.authority.certificate
    request = {"certificateType": "ChargingStationCertificate", "answer": "Accepted", "reason": None}
    [shown] = (await tool201.api.seen(REQUESTS, id=tool201.id))["signingRequests"]["nodes"]
    assert shown == request | {"outcome": "Accepted", "open": False}


async def test_another_authority_signs_what_stations_show_to_cars(world: World, tool201: Tool) -> None:
    [leaf] = await _gets_one(tool201, certificateType="V2GCertificate")
    leaf.verify_directly_issued_by(world.cars.certificate)


async def test_a_station_that_names_no_use_is_told_none(tool201: Tool) -> None:
    assert len(await _gets_one(tool201)) == 2


async def test_a_certificate_that_the_station_does_not_take_is_sent_once(tool201: Tool) -> None:
    await _gets_one(tool201, "Rejected")
    assert (await tool201.call("Heartbeat"))["currentTime"]
    [shown] = (await tool201.api.seen(REQUESTS, id=tool201.id))["signingRequests"]["nodes"]
    assert (shown["outcome"], shown["open"]) == ("Rejected", False)


async def test_nobody_gets_a_certificate_of_another_station(tool201: Tool) -> None:
    answer = await _asks_for_a_certificate(tool201, "ANOTHER")
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidCSR")
    [shown] = (await tool201.api.seen(REQUESTS, id=tool201.id))["signingRequests"]["nodes"]
    reason = f"the common name of the subject must be {tool201.id}"
    assert (shown["answer"], shown["reason"], shown["open"]) == ("Rejected", reason, False)
