from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from api.ocpp.pki import NotSigned
from domain.certificates import CertificateBook
from domain.events import Command
from tests.api.ocpp.line import Line
from tests.pem import CSR, LEAF, ROOT

STATION = "ChargingStationCertificate"


class Authority:
    """Signs for one station."""

    def __init__(self, station_id: str) -> None:
        self.station_id = station_id

    async def sign(self, csr: str, station_id: str, at: datetime) -> str:
        if station_id != self.station_id:
            raise NotSigned("x" * 600)
        return LEAF


def signs(line: Line, use: str, station_id: str) -> None:
    line.node.pki = replace(line.node.pki, authorities={use: Authority(station_id)})


@pytest.mark.parametrize("csr", [CSR, CSR.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")])
async def test_a_readable_request_is_accepted_and_noted(csr: str, line: Line) -> None:
    assert await line.call("SignCertificate", {"csr": csr}) == {"status": "Accepted"}
    [event] = line.happened
    assert isinstance(event, CertificateBook.SigningRequested)
    assert (event.csr, event.answer, event.certificate_type, event.reason) == (csr, "Accepted", STATION, None)


@pytest.mark.parametrize("csr", ["-----BEGIN CERTIFICATE REQUEST-----", ROOT, CSR[:200], ""])
async def test_one_that_is_not_is_rejected_and_noted(csr: str, line: Line) -> None:
    assert (await line.call("SignCertificate", {"csr": csr}))["status"] == "Rejected"
    [event] = line.happened
    assert isinstance(event, CertificateBook.SigningRequested)
    assert (event.answer, event.reason) == ("Rejected", "this is no request for a certificate in PEM")


async def test_2_0_1_says_what_for(v201: Line) -> None:
    assert await v201.call("SignCertificate", {"csr": CSR, "certificateType": "V2GCertificate"})
    assert v201.happened[0].certificate_type == "V2GCertificate"  # type: ignore[attr-defined]


async def test_what_an_authority_signs_is_sent_at_once(line: Line) -> None:
    signs(line, STATION, line.station_id)
    assert await line.call("SignCertificate", {"csr": CSR}) == {"status": "Accepted"}
    noted, asked = line.happened
    assert isinstance(noted, CertificateBook.SigningRequested)
    assert isinstance(asked, Command.Requested)
    assert (asked.station_id, asked.action, asked.typed) == (line.station_id, "CertificateSigned", True)
    assert asked.payload == {"certificateChain": LEAF}
    assert asked.expires_at - line.session.now == timedelta(minutes=10)


async def test_the_use_is_said_where_the_station_said_it(v201: Line) -> None:
    signs(v201, "V2GCertificate", v201.station_id)
    await v201.call("SignCertificate", {"csr": CSR, "certificateType": "V2GCertificate"})
    asked = v201.happened[1]
    assert isinstance(asked, Command.Requested)
    assert asked.payload == {"certificateChain": LEAF, "certificateType": "V2GCertificate"}


async def test_what_an_authority_does_not_sign_is_rejected_with_its_reason(v16: Line, v201: Line) -> None:
    for line in (v16, v201):
        signs(line, STATION, "another")
        answer = await line.call("SignCertificate", {"csr": CSR})
        [event] = line.happened
        assert isinstance(event, CertificateBook.SigningRequested)
        assert (event.answer, event.reason) == ("Rejected", "x" * 600)
        told = {} if line is v16 else {"statusInfo": {"reasonCode": "InvalidCSR", "additionalInfo": "x" * 512}}
        assert answer == {"status": "Rejected"} | told


async def test_other_certificates_wait_for_the_operator(v201: Line) -> None:
    signs(v201, "V2GCertificate", v201.station_id)
    assert await v201.call("SignCertificate", {"csr": CSR, "certificateType": STATION}) == {"status": "Accepted"}
    assert len(v201.happened) == 1
