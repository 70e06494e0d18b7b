"""Certificates as they are asked about, sent, and shown."""

from __future__ import annotations

from typing import Any

from domain.certificates import CertificateBook, CertificateHash, InstalledCertificate
from domain.events import Command
from domain.journal import load
from domain.streams import COMMAND
from tests.api.graphql.conftest import T0, Api
from tests.pem import CSR, LEAF, ROOT

HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "FFF"}


async def ask(api: Api, mutation: str, **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:]
    document = f"mutation ($input: {kind}Input!) {{ it: {mutation}(input: $input) {{ error {{ code field }} }} }}"
    return (await api.ask(document, input={"stationId": "CS1", "waitSeconds": 0} | input))["it"]["error"]


async def asked(api: Api) -> list[tuple[str, dict[str, Any]]]:
    commands = [await load(api.journal, Command, s) for s in await api.journal.streams_of(COMMAND, "CS1", 100)]
    return [(command.action, command.payload) for command in commands]


ASKED: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "installCertificate",
        {"type": "CSMSRootCertificate", "certificate": ROOT},
        "InstallCertificate",
        {"certificateType": "CSMSRootCertificate", "certificate": ROOT},
    ),
    ("deleteCertificate", HASH, "DeleteCertificate", HASH),
    ("getInstalledCertificateIds", {}, "GetInstalledCertificateIds", {"certificateTypes": []}),
    (
        "getInstalledCertificateIds",
        {"types": ["V2GCertificateChain"]},
        "GetInstalledCertificateIds",
        {"certificateTypes": ["V2GCertificateChain"]},
    ),
    (
        "sendCertificateSigned",
        {"certificateChain": LEAF + ROOT},
        "CertificateSigned",
        {"certificateChain": LEAF + ROOT, "certificateType": "ChargingStationCertificate"},
    ),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("installCertificate", {"type": "CSMSRootCertificate", "certificate": CSR}, "certificate"),
    ("installCertificate", {"type": "CSMSRootCertificate", "certificate": LEAF + ROOT}, "certificate"),
    ("installCertificate", {"type": "CSMSRootCertificate", "certificate": ROOT + " " * 5500}, "certificate"),
    ("deleteCertificate", HASH | {"serialNumber": "F" * 41}, "serialNumber"),
    ("deleteCertificate", HASH | {"issuerKeyHash": ""}, "issuerKeyHash"),
    ("getInstalledCertificateIds", {"types": ["CSMSRootCertificate"] * 2}, "types"),
    ("sendCertificateSigned", {"certificateChain": ""}, "certificateChain"),
    ("sendCertificateSigned", {"certificateChain": ROOT * 11}, "certificateChain"),
]


async def test_each_mutation_asks_for_something_in_the_words_of_2_x(api: Api) -> None:
    await api.register("CS1")
    for mutation, input, _, _ in ASKED:
        assert await ask(api, mutation, **input) is None
    expected = [(action, payload) for _, _, action, payload in ASKED]
    assert sorted(await asked(api), key=repr) == sorted(expected, key=repr)


async def test_what_no_station_can_take_is_refused_and_leaves_nothing(api: Api) -> None:
    await api.register("CS1")
    for mutation, input, field in REFUSED:
        assert await ask(api, mutation, **input) == {"code": "BAD_INPUT", "field": field}, input
    assert await asked(api) == []


async def test_certificates_and_requests_are_shown(api: Api) -> None:
    book = CertificateBook.blank(CertificateBook.stream("CS1", T0.date()))
    hash = CertificateHash("SHA256", "aa", "bb", "FFF")
    installed = (
        InstalledCertificate("V2GCertificateChain", hash, (hash,)),
        InstalledCertificate("CSMSRootCertificate", hash),
    )
    book.trigger_event(CertificateBook.Reported, types=(), certificates=installed, timestamp=T0)
    book.trigger_event(CertificateBook.SigningRequested, csr=CSR, answer="Accepted", timestamp=T0)
    position = await api.record(book)
    data = "hashAlgorithm issuerNameHash issuerKeyHash serialNumber"
    document = (
        "query ($now: String!, $type: InstalledCertificateType) {"
        ' installedCertificates(stationId: "CS1", type: $type, atLeastPosition: $now) {'
        f" type hashData {{ {data} }} children {{ {data} }} reportedAt }}"
        " signingRequests(first: 5, filter: {open: true}, atLeastPosition: $now) {"
        " nodes { stationId certificateType csr requestedAt open } } }"
    )
    found = await api.ask(document, now=position)
    assert found["installedCertificates"] == [
        {"type": "V2GCertificateChain", "hashData": HASH, "children": [HASH], "reportedAt": T0.isoformat()},
        {"type": "CSMSRootCertificate", "hashData": HASH, "children": [], "reportedAt": T0.isoformat()},
    ]
    request = {"stationId": "CS1", "certificateType": "ChargingStationCertificate", "csr": CSR}
    assert found["signingRequests"]["nodes"] == [request | {"requestedAt": T0.isoformat(), "open": True}]
    found = await api.ask(document, now=position, type="CSMSRootCertificate")
    assert [one["type"] for one in found["installedCertificates"]] == ["CSMSRootCertificate"]
