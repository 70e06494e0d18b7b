"""GetDiagnostics: have diagnostics uploaded (1.6 §6.1); 2.0.1 knows them as one kind of log (N01).

Typed payload: `location`, `requestId`, `oldest`?, `latest`?, `retries`?, `retryInterval`?.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import count, instant
from domain.maintenance import MaintenanceBook


@sent("GetDiagnostics", "1.6")
def get_diagnostics_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    told = {"startTime": typed.get("oldest"), "stopTime": typed.get("latest"), **_retries(typed)}
    return "GetDiagnostics", {"location": typed["location"], **{k: v for k, v in told.items() if v is not None}}


@sent("GetDiagnostics", "2.0.1")
def get_diagnostics_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    told = {"oldestTimestamp": typed.get("oldest"), "latestTimestamp": typed.get("latest")}
    log = {"remoteLocation": typed["location"], **{k: v for k, v in told.items() if v is not None}}
    retries = {k: v for k, v in _retries(typed).items() if v is not None}
    return "GetLog", {"logType": "DiagnosticsLog", "requestId": typed["requestId"], "log": log, **retries}


def _retries(typed: dict[str, Any]) -> dict[str, Any]:
    return {"retries": typed.get("retries"), "retryInterval": typed.get("retryInterval")}


@answered("GetDiagnostics", "1.6")
async def requested(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    oldest, latest = request.get("startTime"), request.get("stopTime")
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.DiagnosticsRequested,
        location=request["location"],
        oldest=instant(oldest) if oldest else None,
        latest=instant(latest) if latest else None,
        retries=count(request.get("retries")),
        retry_interval=count(request.get("retryInterval")),
        file_name=response.get("fileName") or None,
        timestamp=session.now,
    )
