"""ReportChargingProfiles: the charging profiles a station has, part by part (2.0.1 K09)."""

from typing import Any

from api.ocpp.profiles import profile_of
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import number_of
from domain.charging_profiles import ChargingProfileBook, ReportedProfile


@received("ReportChargingProfiles", "2.0.1")
async def report_charging_profiles(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    evse_id, source = number_of(request["evseId"]), request["chargingLimitSource"]
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.Reported,
        request_id=request["requestId"],
        profiles=tuple(ReportedProfile(evse_id, source, profile_of(said)) for said in request["chargingProfile"]),
        last=not request.get("tbc", False),
        timestamp=session.now,
    )
    return {}
