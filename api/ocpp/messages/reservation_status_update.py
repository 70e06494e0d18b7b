"""ReservationStatusUpdate: a reservation has expired or was removed (2.0.1 H04). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("ReservationStatusUpdate", "2.0.1")
