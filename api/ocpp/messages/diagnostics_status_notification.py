"""DiagnosticsStatusNotification: how far an upload of diagnostics is (1.6 §4.4)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.maintenance import MaintenanceBook


@received("DiagnosticsStatusNotification", "1.6")
async def diagnostics_status_notification(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(MaintenanceBook)
    book.trigger_event(MaintenanceBook.DiagnosticsStatusReported, status=request["status"], timestamp=session.now)
    return {}
