from __future__ import annotations

from typing import Any

import pytest

from domain.configuration import Variable
from domain.monitoring import MonitoringBook
from domain.values import Evse
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

EVSE = {"component": {"name": "EVSE", "evse": {"id": 1}}}
POWER = {**EVSE, "variable": {"name": "Power"}}
NAMED = {"component": "EVSE", "evseId": 1}
CRITERIA = ["DeltaMonitoring", "ThresholdMonitoring"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, {}),
        ({"criteria": [], "variables": []}, {}),
        ({"criteria": CRITERIA}, {"monitoringCriteria": CRITERIA}),
        (
            {
                "variables": [
                    {"component": "EVSE", "evseId": 1},
                    {"component": "EVSE", "evseId": 1, "variable": "Power"},
                ]
            },
            {"componentVariable": [EVSE, POWER]},
        ),
    ],
)
def test_it_is_said_with_what_narrows_it(typed: dict[str, Any], expected: dict[str, Any]) -> None:
    asked = said("2.0.1", "GetMonitoringReport", {"requestId": 7, **typed})
    assert asked == ("GetMonitoringReport", {"requestId": 7, **expected})


async def test_what_was_asked_for_is_noted_with_the_outcome(v201: Line) -> None:
    request = {"requestId": 7, "monitoringCriteria": CRITERIA, "componentVariable": [EVSE, POWER]}
    [event] = await noted(v201, "GetMonitoringReport", request, {"status": "EmptyResultSet"})
    assert isinstance(event, MonitoringBook.ReportAnswered)
    assert (event.request_id, event.outcome, event.criteria) == (7, "EmptyResultSet", tuple(CRITERIA))
    assert event.variables == (Variable("", "EVSE", evse=Evse(1)), Variable("Power", "EVSE", evse=Evse(1)))


async def test_a_number_that_no_request_has_is_not_noted(v201: Line) -> None:
    assert await noted(v201, "GetMonitoringReport", {"requestId": -7}, {"status": "Rejected"}) == []
