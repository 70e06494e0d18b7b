from __future__ import annotations

from typing import Any

import pytest

from api.ocpp.schema import CallFailed
from domain.events import CertificateBook
from tests.api.ocpp.said import noted, said

USES = [
    ("1.6", "CSMSRootCertificate", "CentralSystemRootCertificate"),
    ("1.6", "ManufacturerRootCertificate", "ManufacturerRootCertificate"),
    ("2.0.1", "CSMSRootCertificate", "CSMSRootCertificate"),
    ("2.0.1", "V2GRootCertificate", "V2GRootCertificate"),
]


@pytest.mark.parametrize(("version", "ours", "theirs"), USES)
def test_it_is_said_in_the_words_of_the_version(version: str, ours: str, theirs: str) -> None:
    typed = {"certificateType": ours, "certificate": "PEM"}
    expected = {"certificateType": theirs, "certificate": "PEM"}
    assert said(version, "InstallCertificate", typed) == ("InstallCertificate", expected)


def test_1_6_has_no_certificates_of_iso_15118() -> None:
    with pytest.raises(CallFailed):
        said("1.6", "InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "PEM"})


@pytest.mark.parametrize(("version", "ours", "theirs"), USES)
async def test_what_the_station_says_to_it_is_noted(version: str, ours: str, theirs: str, connect: Any) -> None:
    request = {"certificateType": theirs, "certificate": "PEM"}
    [event] = await noted(await connect(version), "InstallCertificate", request, {"status": "Failed"})
    assert isinstance(event, CertificateBook.InstallationAnswered)
    assert (event.certificate_type, event.certificate, event.outcome) == (ours, "PEM", "Failed")
