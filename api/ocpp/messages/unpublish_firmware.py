"""UnpublishFirmware: have a local controller offer firmware no longer (2.0.1 L04).

Typed payload: `checksum` MD5, as it was published with.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.maintenance import MaintenanceBook


@sent("UnpublishFirmware", "2.0.1")
def unpublish_firmware(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "UnpublishFirmware", {"checksum": typed["checksum"]}


@answered("UnpublishFirmware", "2.0.1")
async def end_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.PublicationEndAnswered,
        checksum=request["checksum"],
        outcome=response["status"],
        timestamp=session.now,
    )
