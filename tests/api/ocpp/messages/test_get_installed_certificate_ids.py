from __future__ import annotations

from typing import Any

import pytest

from api.ocpp.schema import CallFailed
from domain.certificates import CertificateBook, CertificateHash, InstalledCertificate
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

ACTION = "GetInstalledCertificateIds"
DATA = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "FFF"}
HASH, CHILD = CertificateHash("SHA256", "aa", "bb", "FFF"), CertificateHash("SHA256", "aa", "bb", "1")
TWO = ["CSMSRootCertificate", "V2GCertificateChain"]


@pytest.mark.parametrize(
    ("version", "types", "expected"),
    [
        ("1.6", ["CSMSRootCertificate"], {"certificateType": "CentralSystemRootCertificate"}),
        ("1.6", ["ManufacturerRootCertificate"], {"certificateType": "ManufacturerRootCertificate"}),
        ("2.0.1", [], {}),
        ("2.0.1", TWO, {"certificateType": TWO}),
    ],
)
def test_it_is_said_in_the_words_of_the_version(version: str, types: list[str], expected: dict[str, Any]) -> None:
    assert said(version, ACTION, {"certificateTypes": types}) == (ACTION, expected)


@pytest.mark.parametrize("types", [[], ["CSMSRootCertificate", "ManufacturerRootCertificate"], ["MORootCertificate"]])
def test_1_6_asks_for_one_type_that_it_knows(types: list[str]) -> None:
    with pytest.raises(CallFailed):
        said("1.6", ACTION, {"certificateTypes": types})


async def test_1_6_certificates_are_noted(v16: Line) -> None:
    request = {"certificateType": "CentralSystemRootCertificate"}
    [event] = await noted(v16, ACTION, request, {"status": "Accepted", "certificateHashData": [DATA]})
    assert isinstance(event, CertificateBook.Reported)
    assert event.types == ("CSMSRootCertificate",)
    assert event.certificates == (InstalledCertificate("CSMSRootCertificate", HASH),)


async def test_2_0_1_chains_are_noted(v201: Line) -> None:
    chain = {"certificateType": "V2GCertificateChain", "certificateHashData": DATA}
    chain["childCertificateHashData"] = [DATA | {"serialNumber": "1"}]
    answer = {"status": "Accepted", "certificateHashDataChain": [chain]}
    [event] = await noted(v201, ACTION, {"certificateType": TWO}, answer)
    assert event.types == tuple(TWO)
    assert event.certificates == (InstalledCertificate("V2GCertificateChain", HASH, (CHILD,)),)


@pytest.mark.parametrize(
    ("version", "request_", "types"),
    [
        ("1.6", {"certificateType": "ManufacturerRootCertificate"}, ("ManufacturerRootCertificate",)),
        ("2.0.1", {}, ()),
    ],
)
async def test_that_there_are_none_is_noted_too(version: str, request_: Any, types: Any, connect: Any) -> None:
    [event] = await noted(await connect(version), ACTION, request_, {"status": "NotFound"})
    assert (event.types, event.certificates) == (types, ())
