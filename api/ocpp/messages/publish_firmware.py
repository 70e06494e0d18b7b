"""PublishFirmware: have a local controller fetch firmware and offer it to the stations behind it (2.0.1 L03).

Typed payload: `location`, `checksum` MD5, `requestId`, `retries`?, `retryInterval`?.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import count, reference
from domain.maintenance import MaintenanceBook


@sent("PublishFirmware", "2.0.1")
def publish_firmware(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    retries = {name: typed[name] for name in ("retries", "retryInterval") if typed.get(name) is not None}
    return "PublishFirmware", {name: typed[name] for name in ("location", "checksum", "requestId")} | retries


@answered("PublishFirmware", "2.0.1")
async def requested(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.PublicationRequested,
        location=request["location"],
        checksum=request["checksum"],
        outcome=response["status"],
        request_id=reference(request["requestId"]),
        retries=count(request.get("retries")),
        retry_interval=count(request.get("retryInterval")),
        timestamp=session.now,
    )
