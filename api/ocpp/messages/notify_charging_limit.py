"""NotifyChargingLimit: somebody else limits a station or an EVSE of it (2.0.1 K11, K12)."""

from typing import Any

from api.ocpp.profiles import schedule_of
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import number_of
from domain.charging_profiles import ChargingProfileBook


@received("NotifyChargingLimit", "2.0.1")
async def notify_charging_limit(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    limit = request["chargingLimit"]
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.LimitNotified,
        source=limit["chargingLimitSource"],
        evse_id=number_of(request["evseId"]) if "evseId" in request else None,
        grid_critical=limit.get("isGridCritical"),
        schedules=tuple(map(schedule_of, request.get("chargingSchedule", ()))),
        timestamp=session.now,
    )
    return {}
