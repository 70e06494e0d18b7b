from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.ocpp.schema import CallFailed
from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

AT = "2026-11-20T13:00:00.000Z"
THEN = datetime(2026, 11, 20, 13, tzinfo=UTC)
PLAIN = {"location": "https://x.test/fw", "retrieveAt": AT, "requestId": 7, "retries": 0, "retryInterval": 60}
SIGNED = PLAIN | {"signingCertificate": "PEM", "signature": "c2ln", "installAt": AT}
FIRMWARE = {"location": "https://x.test/fw", "retrieveDateTime": AT}
SIGNATURE = {"installDateTime": AT, "signingCertificate": "PEM", "signature": "c2ln"}
RETRIES = {"retries": 0, "retryInterval": 60}


@pytest.mark.parametrize(
    ("version", "typed", "action", "expected"),
    [
        ("1.6", PLAIN, "UpdateFirmware", {"location": "https://x.test/fw", "retrieveDate": AT} | RETRIES),
        ("1.6", SIGNED, "SignedUpdateFirmware", {"requestId": 7, "firmware": FIRMWARE | SIGNATURE} | RETRIES),
        ("2.0.1", PLAIN, "UpdateFirmware", {"requestId": 7, "firmware": FIRMWARE} | RETRIES),
        ("2.0.1", SIGNED, "UpdateFirmware", {"requestId": 7, "firmware": FIRMWARE | SIGNATURE} | RETRIES),
    ],
)
def test_it_is_said_in_the_words_of_the_version(
    version: str, typed: dict[str, Any], action: str, expected: dict[str, Any]
) -> None:
    assert said(version, "UpdateFirmware", typed) == (action, expected)


def test_1_6_cannot_put_off_an_installation_without_signature() -> None:
    with pytest.raises(CallFailed):
        said("1.6", "UpdateFirmware", PLAIN | {"installAt": AT})


async def test_1_6_without_signature_is_noted_without_request_id(v16: Line) -> None:
    request = {"location": "https://x.test/fw", "retrieveDate": AT} | RETRIES
    [event] = await noted(v16, "UpdateFirmware", request, {})
    assert isinstance(event, MaintenanceBook.FirmwareUpdateRequested)
    assert (event.location, event.retrieve_at, event.outcome) == ("https://x.test/fw", THEN, "Accepted")
    assert (event.request_id, event.signed, event.retries, event.retry_interval) == (None, False, 0, 60)


@pytest.mark.parametrize(("version", "action"), [("1.6", "SignedUpdateFirmware"), ("2.0.1", "UpdateFirmware")])
async def test_a_signed_one_is_noted_with_its_outcome(version: str, action: str, connect: Any) -> None:
    request = {"requestId": 7, "firmware": FIRMWARE | SIGNATURE}
    [event] = await noted(await connect(version), action, request, {"status": "InvalidCertificate"})
    assert isinstance(event, MaintenanceBook.FirmwareUpdateRequested)
    assert (event.outcome, event.request_id, event.signed, event.install_at) == ("InvalidCertificate", 7, True, THEN)


async def test_2_0_1_may_be_without_signature(v201: Line) -> None:
    [event] = await noted(v201, "UpdateFirmware", {"requestId": 7, "firmware": FIRMWARE}, {"status": "Accepted"})
    assert (event.signed, event.install_at, event.retries) == (False, None, None)
