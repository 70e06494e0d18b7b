from __future__ import annotations

from typing import Any

import pytest

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line


async def test_it_is_noted(line: Line) -> None:
    assert await line.call("FirmwareStatusNotification", {"status": "Downloading"}) == {}
    [event] = line.happened
    assert isinstance(event, MaintenanceBook.FirmwareStatusReported)
    assert (event.status, event.request_id) == ("Downloading", None)
    assert event.originator_id == f"maintenance:2026-11-20:{line.station_id}"


@pytest.mark.parametrize(("told", "noted"), [(7, 7), (-1, None), (2**40, None)])
async def test_2_0_1_names_the_request(told: int, noted: Any, v201: Line) -> None:
    assert await v201.call("FirmwareStatusNotification", {"status": "InstallRebooting", "requestId": told}) == {}
    assert v201.happened[0].request_id == noted
