"""GetReport: have a station report the components and variables that are named, or in a given state (2.0.1 B08).

Typed payload: `requestId`, `criteria`? (any of Active, Available, Enabled, Problem), `variables`?, a list of
`component`, `variable`?, `instance`?, `componentInstance`?, `evseId`?, `connectorId`?. The report comes in
NotifyReports; where the names take several requests, each has a report of its own, with request ids that follow on.
"""

from typing import Any

from api.ocpp import variables, wire
from api.ocpp.parts import divided
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.device_model import DeviceModelBook


@sent("GetReport", "2.0.1")
def get_report(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"requestId": typed["requestId"]}
    if typed.get("criteria"):
        payload["componentCriteria"] = typed["criteria"]
    if typed.get("variables"):
        payload["componentVariable"] = [variables.variable_asked(asked) for asked in typed["variables"]]
    return "GetReport", payload


def _numbered(part: dict[str, Any], number: int) -> dict[str, Any]:
    return part | {"requestId": part["requestId"] + number}


divided(
    "GetReport",
    "2.0.1",
    list_key="componentVariable",
    component="DeviceDataCtrlr",
    instance="GetReport",
    numbered=_numbered,
)


@answered("GetReport", "2.0.1")
async def report_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(DeviceModelBook)
    book.trigger_event(
        DeviceModelBook.ReportAnswered,
        request_id=wire.integer(request["requestId"]),
        outcome=response["status"],
        timestamp=session.now,
    )
