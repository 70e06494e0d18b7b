"""SetMonitoringLevel: how severe something has to be for the station to tell it (2.0.1 N05).

Typed payload: `severity`, from 0, danger, to 9, debug.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.monitoring import MonitoringBook


@sent("SetMonitoringLevel", "2.0.1")
def set_monitoring_level(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "SetMonitoringLevel", {"severity": typed["severity"]}


@answered("SetMonitoringLevel", "2.0.1")
async def level_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    severity = reference(request["severity"])
    if severity is None:
        return
    book = await session.book(MonitoringBook)
    book.trigger_event(
        MonitoringBook.LevelAnswered, severity=severity, outcome=response["status"], timestamp=session.now
    )
