"""ClearChargingProfile: take charging profiles away from a station (1.6 §5.5, 2.0.1 K10).

Typed payload: `chargingProfileId`, or any of `evseId`, `chargingProfilePurpose`, `stackLevel`, of which all must be
met; nothing at all clears every profile. Unknown tells as well that the station has none of these any more.
"""

from typing import Any

from api.ocpp.profiles import criteria_of, purpose_v16
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.charging_profiles import ChargingProfileBook

_CRITERIA = ("evseId", "chargingProfilePurpose", "stackLevel")


@sent("ClearChargingProfile", "1.6")
def clear_charging_profile_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "chargingProfileId" in typed:
        return "ClearChargingProfile", {"id": typed["chargingProfileId"]}
    criteria = {name: typed[name] for name in _CRITERIA if name in typed}
    if "evseId" in criteria:
        criteria["connectorId"] = criteria.pop("evseId")
    if "chargingProfilePurpose" in criteria:
        criteria["chargingProfilePurpose"] = purpose_v16(criteria["chargingProfilePurpose"])
    return "ClearChargingProfile", criteria


@sent("ClearChargingProfile", "2.0.1")
def clear_charging_profile_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "chargingProfileId" in typed:
        return "ClearChargingProfile", {"chargingProfileId": typed["chargingProfileId"]}
    criteria = {name: typed[name] for name in _CRITERIA if name in typed}
    return "ClearChargingProfile", {"chargingProfileCriteria": criteria} if criteria else {}


@answered("ClearChargingProfile", "1.6", "2.0.1")
async def charging_profile_cleared(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.Cleared, criteria=criteria_of(request), status=response["status"], timestamp=session.now
    )
