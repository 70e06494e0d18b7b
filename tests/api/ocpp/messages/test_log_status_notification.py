from __future__ import annotations

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line


async def test_it_is_noted(line: Line) -> None:
    assert await line.call("LogStatusNotification", {"status": "Uploading", "requestId": 7}) == {}
    [event] = line.happened
    assert isinstance(event, MaintenanceBook.LogStatusReported)
    assert (event.status, event.request_id) == ("Uploading", 7)


async def test_idle_has_no_request(line: Line) -> None:
    assert await line.call("LogStatusNotification", {"status": "Idle"}) == {}
    assert line.happened[0].request_id is None
