"""PublishFirmwareStatusNotification: how far a local controller is with publishing firmware (2.0.1 L03)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.maintenance import MaintenanceBook


@received("PublishFirmwareStatusNotification", "2.0.1")
async def publish_firmware_status_notification(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.PublicationStatusReported,
        status=request["status"],
        request_id=reference(request.get("requestId")),
        locations=tuple(request.get("location", ())),
        timestamp=session.now,
    )
    return {}
