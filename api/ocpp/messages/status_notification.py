"""StatusNotification: the state of a connector (1.6 §4.9, 2.0.1 G01). Never refused, however odd the transition."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.station_day import ConnectorStatus


@received("StatusNotification", "1.6")
async def status_notification_v16(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    evse = wire.evse_of_connector(request["connectorId"])
    reported_at = request.get("timestamp")
    session.day.report_status(
        ConnectorStatus(evse.id, evse.connector_id or 0, request["status"], request["errorCode"]),
        wire.instant(reported_at) if reported_at else None,
        session.now,
        info=request.get("info"),
        vendor_id=request.get("vendorId"),
        vendor_error_code=request.get("vendorErrorCode"),
    )
    if request["status"] == "Available" and evse.id:
        session.day.suspect(evse.id, "its connector is available", session.now)
    return {}


@received("StatusNotification", "2.0.1")
async def status_notification_v2(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    session.day.report_status(
        ConnectorStatus(
            wire.number_of(request["evseId"]), wire.number_of(request["connectorId"]), request["connectorStatus"]
        ),
        wire.instant(request["timestamp"]),
        session.now,
    )
    if request["connectorStatus"] == "Available":
        session.day.suspect(request["evseId"], "its connector is available", session.now)
    return {}
