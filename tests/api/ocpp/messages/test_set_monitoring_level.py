from __future__ import annotations

from domain.monitoring import MonitoringBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


def test_it_is_said_as_it_is_asked_for() -> None:
    assert said("2.0.1", "SetMonitoringLevel", {"severity": 4}) == ("SetMonitoringLevel", {"severity": 4})


async def test_the_outcome_is_noted(v201: Line) -> None:
    [event] = await noted(v201, "SetMonitoringLevel", {"severity": 4}, {"status": "Rejected"})
    assert isinstance(event, MonitoringBook.LevelAnswered)
    assert (event.severity, event.outcome) == (4, "Rejected")


async def test_a_level_by_hand_that_cannot_be_is_not_noted(v201: Line) -> None:
    assert await noted(v201, "SetMonitoringLevel", {"severity": 2**70}, {"status": "Rejected"}) == []
