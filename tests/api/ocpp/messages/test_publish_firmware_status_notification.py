from __future__ import annotations

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line


async def test_it_is_noted_with_where_the_firmware_is_offered(v201: Line) -> None:
    told = {"status": "Published", "location": ["https://lc.test/fw", "ftp://lc.test/fw"], "requestId": 7}
    assert await v201.call("PublishFirmwareStatusNotification", told) == {}
    [event] = v201.happened
    assert isinstance(event, MaintenanceBook.PublicationStatusReported)
    assert (event.status, event.request_id) == ("Published", 7)
    assert event.locations == ("https://lc.test/fw", "ftp://lc.test/fw")


async def test_nothing_is_under_way(v201: Line) -> None:
    assert await v201.call("PublishFirmwareStatusNotification", {"status": "Idle"}) == {}
    [event] = v201.happened
    assert isinstance(event, MaintenanceBook.PublicationStatusReported)
    assert (event.status, event.request_id, event.locations) == ("Idle", None, ())
