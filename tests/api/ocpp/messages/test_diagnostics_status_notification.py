from __future__ import annotations

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line


async def test_it_is_noted(v16: Line) -> None:
    assert await v16.call("DiagnosticsStatusNotification", {"status": "UploadFailed"}) == {}
    [event] = v16.happened
    assert isinstance(event, MaintenanceBook.DiagnosticsStatusReported)
    assert event.status == "UploadFailed"
