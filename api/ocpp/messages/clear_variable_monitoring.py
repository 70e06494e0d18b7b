"""ClearVariableMonitoring: watch no more; monitors that are hard-wired stay (2.0.1 N06).

Typed payload: `ids` of monitors.
"""

from typing import Any

from api.ocpp.parts import divided
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.monitoring import Clearing, MonitoringBook


@sent("ClearVariableMonitoring", "2.0.1")
def clear_variable_monitoring(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ClearVariableMonitoring", {"id": typed["ids"]}


divided(
    "ClearVariableMonitoring",
    "2.0.1",
    list_key="id",
    component="MonitoringCtrlr",
    instance="ClearVariableMonitoring",
)


@answered("ClearVariableMonitoring", "2.0.1")
async def clearings_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    clearings = tuple(
        Clearing(result["id"], result["status"])
        for result in response["clearMonitoringResult"]
        if reference(result["id"]) is not None
    )
    book = await session.book(MonitoringBook)
    book.trigger_event(MonitoringBook.ClearingsAnswered, clearings=clearings, timestamp=session.now)
