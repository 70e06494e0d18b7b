"""ClearedChargingLimit: a limit that somebody else had set is gone (2.0.1 K13)."""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import number_of
from domain.charging_profiles import ChargingProfileBook


@received("ClearedChargingLimit", "2.0.1")
async def cleared_charging_limit(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.LimitCleared,
        source=request["chargingLimitSource"],
        evse_id=number_of(request["evseId"]) if "evseId" in request else None,
        timestamp=session.now,
    )
    return {}
