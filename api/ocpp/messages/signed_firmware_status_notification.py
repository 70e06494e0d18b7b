"""SignedFirmwareStatusNotification: how far a signed update is (1.6 security extension, L01)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.maintenance import MaintenanceBook


@received("SignedFirmwareStatusNotification", "1.6")
async def signed_firmware_status_notification(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.FirmwareStatusReported,
        status=request["status"],
        request_id=reference(request.get("requestId")),
        timestamp=session.now,
    )
    return {}
