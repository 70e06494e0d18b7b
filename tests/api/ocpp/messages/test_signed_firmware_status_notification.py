from __future__ import annotations

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line


async def test_it_is_noted(v16: Line) -> None:
    assert await v16.call("SignedFirmwareStatusNotification", {"status": "SignatureVerified", "requestId": 7}) == {}
    [event] = v16.happened
    assert isinstance(event, MaintenanceBook.FirmwareStatusReported)
    assert (event.status, event.request_id) == ("SignatureVerified", 7)


async def test_idle_has_no_request(v16: Line) -> None:
    assert await v16.call("SignedFirmwareStatusNotification", {"status": "Idle"}) == {}
    assert v16.happened[0].request_id is None
