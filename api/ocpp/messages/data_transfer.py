"""DataTransfer: what a vendor wants to say (1.6 §4.3, 2.0.1 P02). We know no vendor's dialect yet, and say so."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession


@received("DataTransfer", "1.6", "2.0.1")
async def data_transfer(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    status = "UnknownVendorId"
    session.day.transfer_data(request["vendorId"], request.get("messageId"), request.get("data"), status, session.now)
    return {"status": status}
