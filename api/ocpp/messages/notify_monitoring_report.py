"""NotifyMonitoringReport: the monitors a station has, part by part (2.0.1 N02)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.monitors import monitors_of
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.monitoring import MonitoringBook


@received("NotifyMonitoringReport", "2.0.1")
async def notify_monitoring_report(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(MonitoringBook)
    book.trigger_event(
        MonitoringBook.Reported,
        request_id=wire.number_of(request["requestId"]),
        seq_no=wire.number_of(request["seqNo"]),
        monitors=tuple(monitor for data in request.get("monitor", ()) for monitor in monitors_of(data)),
        last=not request.get("tbc", False),
        generated_at=wire.instant(request["generatedAt"]),
        timestamp=session.now,
    )
    return {}
