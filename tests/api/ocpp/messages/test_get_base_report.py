from __future__ import annotations

from domain.device_model import DeviceModelBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

ASKED = {"requestId": 7, "reportBase": "SummaryInventory"}


def test_a_base_report_is_asked_for() -> None:
    assert said("2.0.1", "GetBaseReport", ASKED) == ("GetBaseReport", ASKED)


async def test_what_the_station_says_to_it_is_noted(v201: Line) -> None:
    [event] = await noted(v201, "GetBaseReport", ASKED, {"status": "NotSupported"})
    assert isinstance(event, DeviceModelBook.ReportAnswered)
    assert (event.request_id, event.outcome) == (7, "NotSupported")
