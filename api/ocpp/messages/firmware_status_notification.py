"""FirmwareStatusNotification: how far an update of the firmware is (1.6 §4.5, 2.0.1 L01, L02)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.maintenance import MaintenanceBook


@received("FirmwareStatusNotification", "1.6", "2.0.1")
async def firmware_status_notification(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.FirmwareStatusReported,
        status=request["status"],
        request_id=reference(request.get("requestId")),
        timestamp=session.now,
    )
    return {}
