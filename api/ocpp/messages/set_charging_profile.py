"""SetChargingProfile: limit what a station, an EVSE or a transaction may draw (1.6 §5.16, 2.0.1 K01).

Typed payload: `evseId` (0 is the station), `chargingProfile` in the form of 2.0.1 with one `chargingSchedule`, whose
limits are decimal text. Accepted is noted as installed, in place of the profile that it replaces.
"""

from typing import Any

from api.ocpp.profiles import profile_of, profile_v2, profile_v16
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.charging_profiles import ChargingProfileBook


@sent("SetChargingProfile", "1.6")
def set_charging_profile_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    profile = profile_v16(typed["chargingProfile"])
    return "SetChargingProfile", {"connectorId": typed["evseId"], "csChargingProfiles": profile}


@sent("SetChargingProfile", "2.0.1")
def set_charging_profile_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "SetChargingProfile", {"evseId": typed["evseId"], "chargingProfile": profile_v2(typed["chargingProfile"])}


@answered("SetChargingProfile", "1.6", "2.0.1")
async def charging_profile_set(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    in_16 = "csChargingProfiles" in request
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.Set,
        profile=profile_of(request["csChargingProfiles" if in_16 else "chargingProfile"]),
        evse_id=request["connectorId" if in_16 else "evseId"],
        status=response["status"],
        accepted=response["status"] == "Accepted",
        timestamp=session.now,
    )
