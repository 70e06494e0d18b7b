from __future__ import annotations

from typing import Any

import pytest

from api.ocpp.parts import parts_of
from domain.device_model import DeviceModelBook
from domain.station import MessageLimit
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

STATE = {"component": "EVSE", "evseId": 1, "variable": "AvailabilityState"}
WIRE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"criteria": ["Problem"], "variables": []}, {"componentCriteria": ["Problem"]}),
        ({"criteria": [], "variables": [STATE]}, {"componentVariable": [WIRE]}),
        (
            {"criteria": ["Available"], "variables": [{"component": "EVSE"}]},
            {"componentCriteria": ["Available"], "componentVariable": [{"component": {"name": "EVSE"}}]},
        ),
    ],
)
def test_components_are_asked_for_by_state_and_name(typed: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said("2.0.1", "GetReport", {"requestId": 7, **typed}) == ("GetReport", {"requestId": 7, **expected})


async def test_each_part_of_a_long_request_has_a_report_of_its_own(v201: Line) -> None:
    _, payload = said("2.0.1", "GetReport", {"requestId": 7, "variables": [STATE] * 5})
    station = v201.session.station
    assert parts_of(v201.version, "GetReport", payload, station) == [payload]
    station.report_limit(MessageLimit("devicedatactrlr", "getreport", 2), v201.session.now)
    parts = parts_of(v201.version, "GetReport", payload, station)
    assert [(part["requestId"], len(part["componentVariable"])) for part in parts] == [(7, 2), (8, 2), (9, 1)]


async def test_what_the_station_says_to_it_is_noted(v201: Line) -> None:
    [event] = await noted(v201, "GetReport", {"requestId": 7}, {"status": "EmptyResultSet"})
    assert isinstance(event, DeviceModelBook.ReportAnswered)
    assert (event.request_id, event.outcome) == (7, "EmptyResultSet")
