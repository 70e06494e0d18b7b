"""What a 2.0.1 server may ask about reservations (H01, H02). They are held; drivers take any connector all the same."""

from __future__ import annotations

from typing import Any

from ocpp.v201 import call_result
from ocpp.v201.enums import Action

from app.simulator.connector import Connector
from app.simulator.link import Link
from app.simulator.routes import on
from app.simulator.session import State


class Reservations(Link):
    """Mixed into the link. Kept by id as they were asked for; no EVSE is any."""

    @on(Action.reserve_now)
    def on_reserve_now(self, id: int, evse_id: int | None = None, **asked: Any) -> Any:
        self.station.stats.commands += 1
        chosen = [c for c in self.station.connectors.values() if evse_id in (None, c.id)]
        if not chosen:
            return call_result.ReserveNow("Rejected")
        statuses = [_status(connector) for connector in chosen]
        status = "Accepted" if "Accepted" in statuses else statuses[0]
        if status == "Accepted":
            self.station.holdings.reservations[id] = {"evse_id": evse_id, **asked}
        return call_result.ReserveNow(status)

    @on(Action.cancel_reservation)
    def on_cancel_reservation(self, reservation_id: int, **_: Any) -> Any:
        self.station.stats.commands += 1
        known = self.station.holdings.reservations.pop(reservation_id, None)
        return call_result.CancelReservation("Rejected" if known is None else "Accepted")


def _status(connector: Connector) -> str:
    if connector.fault is not None:
        return "Faulted"
    if not connector.operative.is_set():
        return "Unavailable"
    return "Accepted" if connector.session is None and connector.state is State.AVAILABLE else "Occupied"
