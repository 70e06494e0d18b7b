"""CancelReservation: give a reserved connector free again (1.6 §5.1, 2.0.1 H02). Typed payload: `reservationId`."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.reservation import ReservationBook


@sent("CancelReservation", "1.6", "2.0.1")
def cancel_reservation(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "CancelReservation", {"reservationId": typed["reservationId"]}


@answered("CancelReservation", "1.6", "2.0.1")
async def reservation_cancelled(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    reservation_id = wire.reference(request["reservationId"])
    if reservation_id is None:
        return
    book = await session.book(ReservationBook)
    if response["status"] == "Accepted":
        book.trigger_event(ReservationBook.Cancelled, reservation_id=reservation_id, timestamp=session.now)
    else:
        book.trigger_event(
            ReservationBook.CancellationRefused,
            reservation_id=reservation_id,
            outcome=response["status"],
            timestamp=session.now,
        )
