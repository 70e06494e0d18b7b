from __future__ import annotations

from typing import Any

import pytest

from api.ocpp.schema import CallFailed
from domain.events import CertificateBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

STATION = {"certificateType": "ChargingStationCertificate"}
V2G = {"certificateType": "V2GCertificate"}


@pytest.mark.parametrize(
    ("version", "typed", "expected"), [("1.6", STATION, {}), ("2.0.1", STATION, STATION), ("2.0.1", V2G, V2G)]
)
def test_it_is_said_in_the_words_of_the_version(version: str, typed: dict[str, Any], expected: dict[str, Any]) -> None:
    chain = {"certificateChain": "PEM"}
    assert said(version, "CertificateSigned", chain | typed) == ("CertificateSigned", chain | expected)


def test_1_6_has_one_kind_of_certificate() -> None:
    with pytest.raises(CallFailed):
        said("1.6", "CertificateSigned", {"certificateChain": "PEM", **V2G})


async def test_what_the_station_says_to_it_is_noted(line: Line) -> None:
    [event] = await noted(line, "CertificateSigned", {"certificateChain": "PEM"}, {"status": "Rejected"})
    assert isinstance(event, CertificateBook.ChainSent)
    assert (event.certificate_chain, event.outcome) == ("PEM", "Rejected")
    assert event.certificate_type == "ChargingStationCertificate"


async def test_2_0_1_is_told_what_for(v201: Line) -> None:
    [event] = await noted(v201, "CertificateSigned", {"certificateChain": "PEM", **V2G}, {"status": "Accepted"})
    assert event.certificate_type == "V2GCertificate"
