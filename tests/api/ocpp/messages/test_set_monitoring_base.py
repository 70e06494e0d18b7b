from __future__ import annotations

import pytest

from domain.monitoring import MonitoringBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

BASES = ["All", "FactoryDefault", "HardWiredOnly"]


@pytest.mark.parametrize("base", BASES)
def test_it_is_said_as_it_is_asked_for(base: str) -> None:
    assert said("2.0.1", "SetMonitoringBase", {"monitoringBase": base})[1] == {"monitoringBase": base}


async def test_the_outcome_is_noted(v201: Line) -> None:
    [event] = await noted(v201, "SetMonitoringBase", {"monitoringBase": "All"}, {"status": "NotSupported"})
    assert isinstance(event, MonitoringBook.BaseAnswered)
    assert (event.base, event.outcome) == ("All", "NotSupported")
