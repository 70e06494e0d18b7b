from __future__ import annotations

from typing import Any

from domain.events import StationDay
from domain.station_day import ConnectorStatus
from domain.values import Evse
from tests.api.ocpp.line import Line

T = "2026-11-20T12:00:00Z"


def observed(component: dict[str, Any], variable: str, value: str) -> dict[str, Any]:
    return {
        "eventId": 1,
        "timestamp": T,
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": component,
        "variable": {"name": variable},
    }


async def test_changes_of_the_device_model_are_kept(v201: Line) -> None:
    data = observed({"name": "EVSE", "instance": "left", "evse": {"id": 1}}, "Power", "11000")
    assert await v201.call("NotifyEvent", {"generatedAt": T, "seqNo": 0, "eventData": [data]}) == {}
    [event] = v201.happened
    assert isinstance(event, StationDay.EventsNotified)
    [change] = event.events
    assert (change.component, change.component_instance, change.evse) == ("EVSE", "left", Evse(1))
    assert (change.variable, change.value, change.trigger) == ("Power", "11000", "Delta")


async def test_the_availability_of_a_connector_is_its_status(v201: Line) -> None:
    data = observed({"name": "Connector", "evse": {"id": 2, "connectorId": 1}}, "AvailabilityState", "Occupied")
    await v201.call("NotifyEvent", {"generatedAt": T, "seqNo": 0, "eventData": [data]})
    assert v201.kinds == ["day.events-notified", "day.status-reported"]
    assert v201.session.day.connectors[2, 1] == ConnectorStatus(2, 1, "Occupied")


async def test_an_integer_with_a_point_is_an_integer(v201: Line) -> None:
    data = observed({"name": "EVSE", "evse": {"id": 1.0}}, "Power", "0") | {"eventId": 7.0}
    assert await v201.call("NotifyEvent", {"generatedAt": T, "seqNo": 3.0, "eventData": [data]}) == {}
    [event] = v201.happened
    assert isinstance(event, StationDay.EventsNotified)
    numbers = (event.seq_no, event.events[0].event_id, event.events[0].evse.id if event.events[0].evse else None)
    assert [type(number) for number in numbers] == [int, int, int]


async def test_where_a_connector_is_available_nothing_can_be_charging(v201: Line) -> None:
    started = {"eventType": "Started", "timestamp": T, "triggerReason": "CablePluggedIn", "seqNo": 0}
    info = {"transactionInfo": {"transactionId": "T-1"}, "evse": {"id": 2, "connectorId": 1}}
    await v201.call("TransactionEvent", started | info)
    for status, suspected in (("Occupied", []), ("Available", ["day.transaction-suspected"])):
        data = observed({"name": "Connector", "evse": {"id": 2, "connectorId": 1}}, "AvailabilityState", status)
        await v201.call("NotifyEvent", {"generatedAt": T, "seqNo": 0, "eventData": [data]})
        assert v201.kinds == ["day.events-notified", "day.status-reported", *suspected]


async def test_all_that_a_monitor_tells_is_kept(v201: Line) -> None:
    more = {
        "trigger": "Alerting",
        "cause": 3,
        "techCode": "E42",
        "techInfo": "hot",
        "cleared": True,
        "transactionId": "tx-1",
        "variableMonitoringId": 9,
        "eventNotificationType": "CustomMonitor",
    }
    data = observed({"name": "EVSE"}, "Temperature", "") | more
    await v201.call("NotifyEvent", {"generatedAt": T, "seqNo": 0, "eventData": [data]})
    [event] = v201.happened
    assert isinstance(event, StationDay.EventsNotified)
    [told] = event.events
    assert (told.value, told.trigger, told.cause, told.cleared, told.monitor_id) == ("", "Alerting", 3, True, 9)
    assert (told.tech_code, told.tech_info, told.transaction_id) == ("E42", "hot", "tx-1")
    assert (told.notification_type, told.severity) == ("CustomMonitor", None)
