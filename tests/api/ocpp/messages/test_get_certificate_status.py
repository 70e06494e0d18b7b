from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from api.ocpp.pki import OcspFailed, OcspRequest
from domain.certificates import CertificateHash
from domain.events import StationDay
from tests.api.ocpp.line import Line

HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a1", "issuerKeyHash": "b2", "serialNumber": "c3"}
REQUEST = {"ocspRequestData": HASH | {"responderURL": "https://ocsp.example.org"}}


class Responder:
    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.asked: list[tuple[OcspRequest, datetime]] = []

    async def ask(self, request: OcspRequest, at: datetime) -> bytes:
        self.asked.append((request, at))
        if self.answer is None:
            raise OcspFailed("it is away " * 60)
        return self.answer


async def test_what_the_responder_says_is_passed_on(v201: Line) -> None:
    responder = Responder(b"answer")
    v201.node.pki = replace(v201.node.pki, responder=responder)
    answer = await v201.call("GetCertificateStatus", REQUEST)
    assert answer == {"status": "Accepted", "ocspResult": "YW5zd2Vy"}
    named = CertificateHash("SHA256", "a1", "b2", "c3")
    assert responder.asked == [(OcspRequest(named, "https://ocsp.example.org"), v201.session.now)]
    [event] = v201.happened
    assert isinstance(event, StationDay.MessageReceived)


@pytest.mark.parametrize("answer", [None, b"x" * 4126])
async def test_without_an_answer_that_fits_it_has_failed(answer: bytes | None, v201: Line) -> None:
    v201.node.pki = replace(v201.node.pki, responder=Responder(answer))
    told = await v201.call("GetCertificateStatus", REQUEST)
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Failed", "InternalError")


async def test_nobody_can_be_asked(v201: Line) -> None:
    assert (await v201.call("GetCertificateStatus", REQUEST))["status"] == "Failed"
