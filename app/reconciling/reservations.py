"""Reservations that stand: a station cannot be asked for them, but reports reserved connectors as such.

One that does not show since the last boot is made again, which replaces what the station may have under its number.
"""

from __future__ import annotations

from typing import Any

from app.reconciling.desk import Desk, Subject
from projections.availability import availability, connectors_of, stations_by_id
from projections.reservations import ReservationRow, ReservationStatus, reservations, reservations_page

_MOST = 1_000


async def reconcile(desk: Desk) -> None:
    page = await reservations_page(
        desk.pool, _MOST, None, desk.clock(), station_id=desk.station_id, status=ReservationStatus.ACCEPTED
    )
    reserved = await _reserved(desk) if page.rows else set()
    for row in page.rows:
        if row.evse_id not in reserved:
            desk.differing += 1
            await desk.mend("ReserveNow", _said(row))


async def _reserved(desk: Desk) -> set[int]:
    """EVSEs that have been reported as reserved since the station booted."""
    station = (await stations_by_id(desk.pool, [desk.station_id])).get(desk.station_id)
    booted_at = station.booted_at if station else None
    return {
        connector.evse_id
        for connector in (await connectors_of(desk.pool, [desk.station_id]))[desk.station_id]
        if connector.status == "Reserved" and (booted_at is None or connector.updated_at >= booted_at)
    }


def _said(row: ReservationRow) -> dict[str, Any]:
    optional = {"groupId": row.group_id, "evseId": row.evse_id, "connectorType": row.connector_type}
    return {
        "id": row.reservation_id,
        "expiryDateTime": row.expires_at.isoformat(),
        "idToken": row.id_token,
        "idTokenType": row.id_token_type or "ISO14443",
        **{name: value for name, value in optional.items() if value is not None},
    }


RESERVATIONS = Subject("reservations", (reservations, availability), reconcile)
