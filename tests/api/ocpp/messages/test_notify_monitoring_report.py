from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.configuration import Variable
from domain.monitoring import Monitor, MonitoringBook
from domain.values import Evse
from tests.api.ocpp.line import Line, Refused

POWER: dict[str, Any] = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "Power"},
    "variableMonitoring": [
        {"id": 1, "transaction": False, "value": 22000.5, "type": "UpperThreshold", "severity": 4},
        {"id": 2, "transaction": True, "value": 60, "type": "Periodic", "severity": 8},
    ],
}
PART: dict[str, Any] = {"requestId": 7, "seqNo": 0, "generatedAt": "2026-11-20T12:00:00Z"}


@pytest.mark.parametrize(("more", "last"), [({}, True), ({"tbc": False}, True), ({"tbc": True}, False)])
async def test_a_part_is_noted_with_its_monitors(v201: Line, more: dict[str, Any], last: bool) -> None:
    assert await v201.call("NotifyMonitoringReport", PART | {"monitor": [POWER]} | more) == {}
    [event] = v201.happened
    assert isinstance(event, MonitoringBook.Reported)
    assert (event.request_id, event.seq_no, event.last) == (7, 0, last)
    power = Variable("Power", "EVSE", evse=Evse(1))
    assert event.monitors == (
        Monitor(power, "UpperThreshold", Decimal("22000.5"), 4, 1),
        Monitor(power, "Periodic", Decimal(60), 8, 2, True),
    )


async def test_a_part_may_be_empty(v201: Line) -> None:
    assert await v201.call("NotifyMonitoringReport", PART) == {}
    [event] = v201.happened
    assert isinstance(event, MonitoringBook.Reported)
    assert event.monitors == ()


@pytest.mark.parametrize("name", ["requestId", "seqNo"])
async def test_numbers_that_cannot_be_are_refused(v201: Line, name: str) -> None:
    assert isinstance(await v201.call("NotifyMonitoringReport", PART | {name: 2**40}), Refused)
