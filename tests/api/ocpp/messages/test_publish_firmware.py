from __future__ import annotations

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

FIRMWARE = {"location": "https://x.test/fw", "checksum": "ab" * 16, "requestId": 7}


def test_it_is_said_with_what_is_known() -> None:
    assert said("2.0.1", "PublishFirmware", FIRMWARE) == ("PublishFirmware", FIRMWARE)
    more = FIRMWARE | {"retries": 0, "retryInterval": 9}
    assert said("2.0.1", "PublishFirmware", more) == ("PublishFirmware", more)


async def test_what_the_controller_answers_is_noted(v201: Line) -> None:
    [event] = await noted(v201, "PublishFirmware", FIRMWARE | {"retries": 2}, {"status": "Rejected"})
    assert isinstance(event, MaintenanceBook.PublicationRequested)
    assert (event.location, event.checksum, event.request_id) == ("https://x.test/fw", "ab" * 16, 7)
    assert (event.outcome, event.retries, event.retry_interval) == ("Rejected", 2, None)
