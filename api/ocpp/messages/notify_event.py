"""NotifyEvent: changes of device model variables (2.0.1 N07, N08); a connector's AvailabilityState is status (G01)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.station_day import ConnectorStatus, DeviceEvent


@received("NotifyEvent", "2.0.1")
async def notify_event(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    events = tuple(_device_event(data) for data in request["eventData"])
    session.day.notify_events(wire.instant(request["generatedAt"]), request["seqNo"], events, session.now)
    for event in events:
        if event.evse and event.evse.connector_id and _is_status(event):
            status = ConnectorStatus(event.evse.id, event.evse.connector_id, event.value)
            session.day.report_status(status, event.occurred_at, session.now)
            if event.value == "Available":
                session.day.suspect(event.evse.id, "its connector is available", session.now)
    return {}


def _is_status(event: DeviceEvent) -> bool:
    return event.component.lower() == "connector" and event.variable.lower() == "availabilitystate"


def _device_event(data: dict[str, Any]) -> DeviceEvent:
    component, variable = data["component"], data["variable"]
    return DeviceEvent(
        event_id=data["eventId"],
        occurred_at=wire.instant(data["timestamp"]),
        component=component["name"],
        variable=variable["name"],
        value=data["actualValue"],
        trigger=data["trigger"],
        evse=wire.evse(component.get("evse")),
        component_instance=component.get("instance"),
        variable_instance=variable.get("instance"),
        cleared=data.get("cleared"),
        tech_code=data.get("techCode"),
        tech_info=data.get("techInfo"),
        transaction_id=data.get("transactionId"),
        cause=wire.reference(data.get("cause")),
        monitor_id=wire.reference(data.get("variableMonitoringId")),
        notification_type=data["eventNotificationType"],
        severity=wire.reference(data.get("severity")),
    )
