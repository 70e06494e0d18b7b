"""SetMonitoringBase: which monitors a station has to begin with (2.0.1 N03).

Typed payload: `monitoringBase` All, FactoryDefault or HardWiredOnly.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.monitoring import MonitoringBook


@sent("SetMonitoringBase", "2.0.1")
def set_monitoring_base(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "SetMonitoringBase", {"monitoringBase": typed["monitoringBase"]}


@answered("SetMonitoringBase", "2.0.1")
async def base_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(MonitoringBook)
    book.trigger_event(
        MonitoringBook.BaseAnswered,
        base=request["monitoringBase"],
        outcome=response["status"],
        timestamp=session.now,
    )
