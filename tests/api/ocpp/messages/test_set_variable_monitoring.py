from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.configuration import Variable
from domain.monitoring import CUSTOM, Monitor, MonitoringBook, Setting
from domain.values import Evse
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
UPPER = {"type": "UpperThreshold", "severity": 3}
DELTA = {"type": "Delta", "severity": 8}


def test_monitors_are_said() -> None:
    power = {"component": "EVSE", "evseId": 1, "variable": "Power", "value": "22000.5", **UPPER}
    state = {"component": "EVSE", "evseId": 1, "variable": "AvailabilityState", "value": "1", **DELTA}
    monitors = [power | {"id": 0, "transaction": True}, state]
    assert said("2.0.1", "SetVariableMonitoring", {"monitors": monitors})[1] == {
        "setMonitoringData": [
            {"id": 0, "transaction": True, "value": 22000.5, **UPPER, **POWER},
            {"value": 1.0, **DELTA, **STATE},
        ]
    }


async def answered(line: Line, asked: list[Any], results: list[Any]) -> tuple[Setting, ...]:
    request, response = {"setMonitoringData": asked}, {"setMonitoringResult": results}
    [event] = await noted(line, "SetVariableMonitoring", request, response)
    assert isinstance(event, MonitoringBook.SettingsAnswered)
    return event.settings


async def test_each_is_noted_with_its_outcome_whatever_the_order_of_results(v201: Line) -> None:
    asked = [{"value": 22000.5, "transaction": True, **UPPER, **POWER}, {"id": 4, "value": 1, **DELTA, **STATE}]
    results = [
        {"status": "Rejected", **DELTA, **STATE},
        {"id": 9, "status": "Accepted", **UPPER, **POWER},
    ]
    evse = Evse(1)
    rejected = Monitor(Variable("AvailabilityState", "EVSE", evse=evse), "Delta", Decimal(1), 8, 4, False, CUSTOM)
    accepted = Monitor(Variable("Power", "EVSE", evse=evse), "UpperThreshold", Decimal("22000.5"), 3, 9, True, CUSTOM)
    assert await answered(v201, asked, results) == (Setting(rejected, "Rejected"), Setting(accepted, "Accepted"))


async def test_two_that_differ_in_their_value_alone_are_told_apart_by_their_order(v201: Line) -> None:
    asked = [{"value": 1, **UPPER, **POWER}, {"value": 2, **UPPER, **POWER}]
    results = [{"id": number, "status": "Accepted", **UPPER, **POWER} for number in (8, 9)]
    settings = await answered(v201, asked, results)
    assert [(setting.monitor.id, setting.monitor.value) for setting in settings] == [(8, 1), (9, 2)]


async def test_what_nobody_asked_for_and_a_number_that_no_monitor_has_are_left_out(v201: Line) -> None:
    results = [{"id": 2**70, "status": "Accepted", **UPPER, **POWER}, {"id": 1, "status": "Accepted", **DELTA, **STATE}]
    [setting] = await answered(v201, [{"value": 1e300, **UPPER, **POWER}], results)
    assert (setting.monitor.id, setting.monitor.value) == (None, Decimal(10) ** 15)
