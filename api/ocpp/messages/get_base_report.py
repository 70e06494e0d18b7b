"""GetBaseReport: have a station report its device model, or a given part of it (2.0.1 B07).

Typed payload: `requestId`, `reportBase`. The report comes in NotifyReports.
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.device_model import DeviceModelBook


@sent("GetBaseReport", "2.0.1")
def get_base_report(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "GetBaseReport", {"requestId": typed["requestId"], "reportBase": typed["reportBase"]}


@answered("GetBaseReport", "2.0.1")
async def report_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(DeviceModelBook)
    book.trigger_event(
        DeviceModelBook.ReportAnswered,
        request_id=wire.integer(request["requestId"]),
        outcome=response["status"],
        timestamp=session.now,
    )
