from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from api.ocpp.pki import OcspRequest
from domain.certificates import CertificateHash, ContractFinding
from domain.events import StationDay
from domain.values import AuthorizationStatus, IdToken
from tests.api.ocpp.line import Clock, Line, price

Permit = Callable[..., Awaitable[None]]


def asked(line: Line, value: str) -> dict[str, Any]:
    return {"idTag": value} if line.version.name == "1.6" else {"idToken": {"idToken": value, "type": "ISO14443"}}


def info(reply: dict[str, Any]) -> dict[str, Any]:
    [answer] = reply.values()
    return dict(answer)


@pytest.mark.parametrize("status", ["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"])
async def test_a_token_is_answered_with_its_status(status: str, line: Line, permit: Permit) -> None:
    await permit("ABC123", AuthorizationStatus(status))
    assert info(await line.call("Authorize", asked(line, "ABC123"))) == {"status": status}
    [event] = line.happened
    assert isinstance(event, StationDay.TokenChecked)
    assert event.id_token == IdToken("ABC123", None if line.version.name == "1.6" else "ISO14443")
    assert event.status == status


async def test_an_unknown_token_is_invalid(line: Line) -> None:
    assert info(await line.call("Authorize", asked(line, "NOBODY"))) == {"status": "Invalid"}


async def test_tokens_are_compared_without_regard_to_case(line: Line, permit: Permit) -> None:
    await permit("abc123")
    assert info(await line.call("Authorize", asked(line, "ABC123")))["status"] == "Accepted"


async def test_a_token_expires_by_itself(line: Line, permit: Permit, clock: Clock) -> None:
    await permit("ABC123", expires_at=clock.now + timedelta(hours=1), group_id="FLEET")
    assert info(await line.call("Authorize", asked(line, "ABC123")))["status"] == "Accepted"
    clock.advance(hours=1)
    answer = info(await line.call("Authorize", asked(line, "ABC123")))
    assert answer["status"] == "Expired"
    assert answer.get("expiryDate", answer.get("cacheExpiryDateTime")) == "2026-11-20T13:00:00.000Z"


async def test_the_group_of_a_token_is_told(v16: Line, v201: Line, permit: Permit) -> None:
    await permit("ABC123", group_id="FLEET")
    assert info(await v16.call("Authorize", asked(v16, "ABC123")))["parentIdTag"] == "FLEET"
    group = info(await v201.call("Authorize", asked(v201, "ABC123")))["groupIdToken"]
    assert group == {"idToken": "FLEET", "type": "Central"}


async def test_a_status_that_1_6_has_no_word_for_is_invalid_there(v16: Line, v201: Line, permit: Permit) -> None:
    await permit("ABC123", AuthorizationStatus.NO_CREDIT)
    assert info(await v16.call("Authorize", asked(v16, "ABC123"))) == {"status": "Invalid"}
    assert info(await v201.call("Authorize", asked(v201, "ABC123"))) == {"status": "NoCredit"}


async def test_a_start_button_is_always_accepted(v201: Line) -> None:
    reply = await v201.call("Authorize", {"idToken": {"idToken": "", "type": "NoAuthorization"}})
    assert reply == {"idTokenInfo": {"status": "Accepted"}}


async def test_a_token_of_which_nothing_was_said_may_be_welcome(v16: Line, v201: Line, permit: Permit) -> None:
    v16.node.unknown_tags = AuthorizationStatus.ACCEPTED
    await permit("KNOWN", AuthorizationStatus.BLOCKED)
    for tag, status in (("UNKNOWN", "Accepted"), ("KNOWN", "Blocked")):
        assert await v16.call("Authorize", {"idTag": tag}) == {"idTagInfo": {"status": status}}
        token = {"idToken": tag, "type": "ISO14443"}
        assert await v201.call("Authorize", {"idToken": token}) == {"idTokenInfo": {"status": status}}
    start = {"connectorId": 1, "idTag": "UNKNOWN", "meterStart": 0, "timestamp": "2026-11-20T12:00:00Z"}
    assert (await v16.call("StartTransaction", start))["idTagInfo"]["status"] == "Accepted"


class Contracts:
    """Finds what it is told to, and notes what it was shown."""

    def __init__(self, finding: ContractFinding) -> None:
        self.finding = finding
        self.shown: list[Any] = []

    async def check(self, chain: str | None, requests: Sequence[OcspRequest], at: datetime) -> ContractFinding:
        self.shown.append((chain, list(requests), at))
        return self.finding


HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a1", "issuerKeyHash": "b2", "serialNumber": "c3"}
REQUEST = OcspRequest(CertificateHash("SHA256", "a1", "b2", "c3"), "http://ocsp.test/")
CONTRACT: dict[str, Any] = {
    "idToken": {"idToken": "DEABCC1", "type": "eMAID"},
    "iso15118CertificateHashData": [HASH | {"responderURL": "http://ocsp.test/"}],
}


@pytest.mark.parametrize(
    ("found", "token", "certificate", "status"),
    [
        ("Accepted", "Accepted", "Accepted", "Accepted"),
        ("Accepted", "Blocked", "ContractCancelled", "Blocked"),
        ("Accepted", "Expired", "ContractCancelled", "Expired"),
        ("Accepted", "Unknown", "ContractCancelled", "Unknown"),
        ("Accepted", "NoCredit", "Accepted", "NoCredit"),
        ("CertificateExpired", "Accepted", "CertificateExpired", "Expired"),
        ("CertificateRevoked", "Accepted", "CertificateRevoked", "Invalid"),
        ("CertChainError", "Blocked", "CertChainError", "Invalid"),
    ],
)
async def test_a_contract_counts_as_its_certificate_and_its_token_do(
    found: str, token: str, certificate: str, status: str, v201: Line, permit: Permit
) -> None:
    v201.node.pki = replace(v201.node.pki, contracts=(contracts := Contracts(ContractFinding(found))))
    await permit("DEABCC1", AuthorizationStatus(token), type="eMAID")
    answer = await v201.call("Authorize", CONTRACT)
    assert answer == {"certificateStatus": certificate, "idTokenInfo": {"status": status}}
    assert contracts.shown == [(None, [REQUEST], v201.session.now)]
    [event] = v201.happened
    assert isinstance(event, StationDay.TokenChecked)
    assert event.status == status


async def test_a_whole_chain_is_looked_at_too(v201: Line, permit: Permit) -> None:
    v201.node.pki = replace(v201.node.pki, contracts=(contracts := Contracts(ContractFinding.ACCEPTED)))
    await permit("DEABCC1")
    shown = {"idToken": CONTRACT["idToken"], "certificate": "pem"}
    assert (await v201.call("Authorize", shown))["certificateStatus"] == "Accepted"
    assert contracts.shown == [("pem", [], v201.session.now)]


async def test_where_contracts_cannot_be_looked_at_they_do_not_count(v201: Line, permit: Permit) -> None:
    await permit("DEABCC1")
    answer = await v201.call("Authorize", CONTRACT)
    assert answer == {"certificateStatus": "CertChainError", "idTokenInfo": {"status": "Invalid"}}


def typed(code: str) -> dict[str, Any]:
    return {"idToken": {"idToken": code, "type": "KeyCode"}}


async def test_who_guesses_codes_finds_none(v201: Line, permit: Permit, clock: Clock) -> None:
    # given a code, and somebody who knows another one
    for code in ("4711", "1234"):
        await permit(code, type="KeyCode")
    for guess in ("0000", "0001", "1234", "0002", "0003", "0004"):
        accepted = guess == "1234"
        assert info(await v201.call("Authorize", typed(guess)))["status"] == ("Accepted" if accepted else "Invalid")
    # when the guess is right at last, then it does not show, on no connection
    for line in (v201, await v201.connect()):
        assert info(await line.call("Authorize", typed("4711"))) == {"status": "Invalid"}
    # but cards go on, and so do codes after a while
    await permit("ABC123")
    assert info(await v201.call("Authorize", asked(v201, "ABC123")))["status"] == "Accepted"
    clock.advance(minutes=5)
    assert info(await v201.call("Authorize", typed("4711")))["status"] == "Accepted"


async def test_guesses_at_one_station_trouble_no_other(connect: Callable[..., Awaitable[Line]], permit: Permit) -> None:
    await permit("4711", type="KeyCode")
    here, there = await connect("2.0.1", "CS1"), await connect("2.0.1", "CS2")
    for _ in range(6):
        await here.call("Authorize", typed("0000"))
    assert info(await there.call("Authorize", typed("4711")))["status"] == "Accepted"


async def test_a_code_is_not_in_the_logs(v201: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, id_token: IdToken) -> Any:
        raise LookupError("no disk")

    monkeypatch.setattr(type(v201.session), "authorize", broken)
    with structlog.testing.capture_logs() as logs:
        assert (await v201.call("Authorize", typed("4711"))).code == "InternalError"
    assert logs
    assert "4711" not in repr(logs)


async def test_a_token_is_another_one_with_another_type(v201: Line, permit: Permit) -> None:
    await permit("4711", type="KeyCode")
    assert info(await v201.call("Authorize", asked(v201, "4711")))["status"] == "Invalid"


async def test_the_tariff_of_the_station_is_told_to_whom_it_concerns(v201: Line, permit: Permit) -> None:
    await permit("ABC123")
    await price(v201, "0.40", description="0.40 € per kWh")
    text = {"format": "UTF8", "content": "0.40 € per kWh"}
    assert info(await v201.call("Authorize", asked(v201, "ABC123"))) == {"status": "Accepted", "personalMessage": text}
    assert info(await v201.call("Authorize", asked(v201, "NOBODY"))) == {"status": "Invalid"}
    # when the price depends on the EVSE, it cannot be told yet
    await price(v201, "0.60", "fast", evse_id=2)
    assert info(await v201.call("Authorize", asked(v201, "ABC123"))) == {"status": "Accepted"}
