"""GetMonitoringReport: ask which monitors a station has; they come in NotifyMonitoringReport (2.0.1 N02).

Typed payload: `requestId`, and `criteria`?, `variables`? (as in SetVariables; `variable` may be left out) to narrow it.
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.variables import variable, variable_asked
from domain.configuration import Variable
from domain.monitoring import MonitoringBook


@sent("GetMonitoringReport", "2.0.1")
def get_monitoring_report(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"requestId": typed["requestId"]}
    if typed.get("criteria"):
        payload["monitoringCriteria"] = typed["criteria"]
    if typed.get("variables"):
        payload["componentVariable"] = [variable_asked(asked) for asked in typed["variables"]]
    return "GetMonitoringReport", payload


@answered("GetMonitoringReport", "2.0.1")
async def report_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    request_id = wire.reference(request["requestId"])
    if request_id is None:
        return
    book = await session.book(MonitoringBook)
    book.trigger_event(
        MonitoringBook.ReportAnswered,
        request_id=request_id,
        outcome=response["status"],
        criteria=tuple(request.get("monitoringCriteria", ())),
        variables=tuple(_variable(asked) for asked in request.get("componentVariable", ())),
        timestamp=session.now,
    )


def _variable(asked: dict[str, Any]) -> Variable:
    return variable({"variable": {"name": ""}, **asked})
