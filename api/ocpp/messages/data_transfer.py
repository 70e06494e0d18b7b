"""DataTransfer: what a vendor wants to say, in either direction (1.6 §4.3 and §5.6, 2.0.1 P01, P02).

Typed payload: `vendorId`, `messageId`?, `data`?. We know no vendor's dialect yet, and say so to stations.
"""

from typing import Any

import orjson

from api.ocpp.registry import received, sent
from api.ocpp.session import StationSession


@received("DataTransfer", "1.6", "2.0.1")
async def data_transfer(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    status = "UnknownVendorId"
    session.day.transfer_data(request["vendorId"], request.get("messageId"), request.get("data"), status, session.now)
    return {"status": status}


@sent("DataTransfer", "1.6")
def send_data_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """1.6 data is text: anything else goes as JSON."""
    data = typed.get("data")
    text = data if data is None or isinstance(data, str) else orjson.dumps(data).decode()
    return send_data_v2({**typed, "data": text})


@sent("DataTransfer", "2.0.1")
def send_data_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    optional = {name: typed[name] for name in ("messageId", "data") if typed.get(name) is not None}
    return "DataTransfer", {"vendorId": typed["vendorId"], **optional}
