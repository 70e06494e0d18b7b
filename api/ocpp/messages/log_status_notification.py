"""LogStatusNotification: how far an upload of a log is (2.0.1 N01; in 1.6 the security extension)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.maintenance import MaintenanceBook


@received("LogStatusNotification", "1.6", "2.0.1")
async def log_status_notification(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.LogStatusReported,
        status=request["status"],
        request_id=reference(request.get("requestId")),
        timestamp=session.now,
    )
    return {}
