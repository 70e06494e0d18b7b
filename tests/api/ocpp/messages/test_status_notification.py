from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.events import StationDay
from domain.station_day import ConnectorStatus
from tests.api.ocpp.line import Clock, Line

V16: dict[str, Any] = {"connectorId": 2, "status": "Charging", "errorCode": "NoError"}
V201: dict[str, Any] = {
    "timestamp": "2026-11-20T11:59:00Z",
    "connectorStatus": "Occupied",
    "evseId": 2,
    "connectorId": 1,
}


async def test_1_6_reports_the_state_of_a_connector(v16: Line) -> None:
    more = {"timestamp": "2026-11-20T11:59:00Z", "info": "warm", "vendorId": "V", "vendorErrorCode": "E7"}
    assert await v16.call("StatusNotification", {**V16, **more}) == {}
    [event] = v16.happened
    assert isinstance(event, StationDay.StatusReported)
    assert (event.evse_id, event.connector_id, event.status, event.error_code) == (2, 1, "Charging", "NoError")
    assert event.occurred_at == datetime(2026, 11, 20, 11, 59, tzinfo=UTC)
    assert (event.info, event.vendor_id, event.vendor_error_code) == ("warm", "V", "E7")


async def test_2_0_1_reports_the_state_of_a_connector(v201: Line) -> None:
    assert await v201.call("StatusNotification", V201) == {}
    [event] = v201.happened
    assert isinstance(event, StationDay.StatusReported)
    assert (event.evse_id, event.connector_id, event.status, event.error_code) == (2, 1, "Occupied", None)
    assert event.occurred_at == datetime(2026, 11, 20, 11, 59, tzinfo=UTC)


async def test_the_station_itself_is_evse_0(v16: Line) -> None:
    await v16.call("StatusNotification", {**V16, "connectorId": 0, "status": "Unavailable"})
    assert v16.session.day.connectors[0, 0] == ConnectorStatus(0, 0, "Unavailable", "NoError")


@pytest.mark.parametrize("timestamp", [{}, {"timestamp": ""}])
async def test_without_a_time_it_happened_when_it_was_received(
    timestamp: dict[str, str], v16: Line, clock: Clock
) -> None:
    assert await v16.call("StatusNotification", {**V16, **timestamp}) == {}
    assert v16.happened[0].occurred_at == clock.now


async def test_a_time_without_a_zone_is_utc_and_any_zone_is_understood(v201: Line) -> None:
    for text in ("2026-11-20T11:59:00", "2026-11-20T12:59:00.000+01:00"):
        assert await v201.call("StatusNotification", {**V201, "timestamp": text}) == {}
        assert v201.happened[0].occurred_at == datetime(2026, 11, 20, 11, 59, tzinfo=UTC)


async def test_odd_transitions_and_repetitions_are_never_refused(v16: Line) -> None:
    for status in ("Charging", "Available", "Finishing", "Finishing", "Faulted", "Reserved"):
        assert await v16.call("StatusNotification", {**V16, "status": status}) == {}
        assert v16.kinds == ["day.status-reported"]


@pytest.mark.parametrize("number", [2**31, 2**62, 10**20])
async def test_a_connector_number_that_no_station_has_is_refused(number: int, line: Line) -> None:
    number_told = str(number)
    example = V16 if line.version.name == "1.6" else V201
    payload = str({**example, "connectorId": "N"}).replace("'N'", number_told).replace("'", '"')
    kind, _, code, *_ = await line.say(f'[2,"1","StatusNotification",{payload}]')
    assert kind == 4
    assert code in ("PropertyConstraintViolation", "TypeConstraintViolation")
    assert line.kinds == ["day.message-refused"]
