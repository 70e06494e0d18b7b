from __future__ import annotations

from domain.monitoring import Clearing, MonitoringBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


def test_monitors_are_named_by_their_ids() -> None:
    assert said("2.0.1", "ClearVariableMonitoring", {"ids": [1, 2]}) == ("ClearVariableMonitoring", {"id": [1, 2]})


async def test_each_outcome_is_noted(v201: Line) -> None:
    results = [
        {"id": 2, "status": "NotFound"},
        {"id": 1, "status": "Accepted"},
        {"id": 2**70, "status": "NotFound"},
    ]
    request = {"id": [1, 2, 2**70]}
    [event] = await noted(v201, "ClearVariableMonitoring", request, {"clearMonitoringResult": results})
    assert isinstance(event, MonitoringBook.ClearingsAnswered)
    assert event.clearings == (Clearing(2, "NotFound"), Clearing(1, "Accepted"))
