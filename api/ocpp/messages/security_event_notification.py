"""SecurityEventNotification: something that touches security (2.0.1 A04; in 1.6 the extension)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import instant
from domain.security import SecurityBook


@received("SecurityEventNotification", "1.6", "2.0.1")
async def security_event_notification(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(SecurityBook)
    book.trigger_event(
        SecurityBook.EventNotified,
        type=request["type"],
        occurred_at=instant(request["timestamp"]),
        tech_info=request.get("techInfo"),
        timestamp=session.now,
    )
    return {}
