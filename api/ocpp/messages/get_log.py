"""GetLog: have a log uploaded (2.0.1 N01; in 1.6 the security extension).

Typed payload: `logType` DiagnosticsLog or SecurityLog, `location`, `requestId`, `oldest`?, `latest`?, `retries`?,
`retryInterval`?.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import count, instant, reference
from domain.maintenance import MaintenanceBook


@sent("GetLog", "1.6", "2.0.1")
def get_log(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    log = {"remoteLocation": typed["location"]}
    if typed.get("oldest"):
        log["oldestTimestamp"] = typed["oldest"]
    if typed.get("latest"):
        log["latestTimestamp"] = typed["latest"]
    retries = {name: typed[name] for name in ("retries", "retryInterval") if typed.get(name) is not None}
    return "GetLog", {"logType": typed["logType"], "requestId": typed["requestId"], "log": log, **retries}


@answered("GetLog", "1.6", "2.0.1")
async def requested(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    log = request["log"]
    oldest, latest = log.get("oldestTimestamp"), log.get("latestTimestamp")
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.LogRequested,
        log_type=request["logType"],
        location=log["remoteLocation"],
        outcome=response["status"],
        request_id=reference(request["requestId"]),
        oldest=instant(oldest) if oldest else None,
        latest=instant(latest) if latest else None,
        retries=count(request.get("retries")),
        retry_interval=count(request.get("retryInterval")),
        file_name=response.get("filename") or None,
        timestamp=session.now,
    )
