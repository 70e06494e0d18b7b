from __future__ import annotations

import pytest

from domain.certificates import CertificateBook, CertificateHash
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

DATA = {"hashAlgorithm": "SHA384", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "FFF"}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_it_is_said_alike_in_all_versions(version: str) -> None:
    assert said(version, "DeleteCertificate", DATA) == ("DeleteCertificate", {"certificateHashData": DATA})


async def test_what_the_station_says_to_it_is_noted(line: Line) -> None:
    [event] = await noted(line, "DeleteCertificate", {"certificateHashData": DATA}, {"status": "NotFound"})
    assert isinstance(event, CertificateBook.DeletionAnswered)
    assert (event.hash, event.outcome) == (CertificateHash("SHA384", "aa", "bb", "FFF"), "NotFound")
