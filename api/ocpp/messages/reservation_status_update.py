"""ReservationStatusUpdate: a reservation has expired, or the station has removed it (2.0.1 H04)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.reservation import ReservationBook


@received("ReservationStatusUpdate", "2.0.1")
async def reservation_status_update(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    reservation_id = wire.reference(request["reservationId"])
    if reservation_id is not None:
        book = await session.book(ReservationBook)
        book.trigger_event(
            ReservationBook.StatusUpdated,
            reservation_id=reservation_id,
            status=request["reservationUpdateStatus"],
            timestamp=session.now,
        )
    return {}
