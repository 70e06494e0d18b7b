from __future__ import annotations

import pytest

from domain.certificates import CertificateBook
from tests.api.ocpp.line import Line
from tests.pem import CSR, ROOT


@pytest.mark.parametrize("csr", [CSR, CSR.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")])
async def test_a_readable_request_is_accepted_and_noted(csr: str, line: Line) -> None:
    assert await line.call("SignCertificate", {"csr": csr}) == {"status": "Accepted"}
    [event] = line.happened
    assert isinstance(event, CertificateBook.SigningRequested)
    assert (event.csr, event.answer, event.certificate_type) == (csr, "Accepted", "ChargingStationCertificate")


@pytest.mark.parametrize("csr", ["-----BEGIN CERTIFICATE REQUEST-----", ROOT, CSR[:200], ""])
async def test_one_that_is_not_is_rejected_and_noted(csr: str, line: Line) -> None:
    assert await line.call("SignCertificate", {"csr": csr}) == {"status": "Rejected"}
    [event] = line.happened
    assert isinstance(event, CertificateBook.SigningRequested)
    assert event.answer == "Rejected"


async def test_2_0_1_says_what_for(v201: Line) -> None:
    assert await v201.call("SignCertificate", {"csr": CSR, "certificateType": "V2GCertificate"})
    assert v201.happened[0].certificate_type == "V2GCertificate"  # type: ignore[attr-defined]
