"""GetChargingProfiles: have a station report the profiles it has (2.0.1 K09). 1.6 has no word for it.

Typed payload: `requestId`, and the criteria, all of which must be met: `evseId` (0 is the station itself, none is all),
`chargingProfileId` (a list), `chargingProfilePurpose`, `stackLevel`, `chargingLimitSource` (a list).
"""

from typing import Any

from api.ocpp.profiles import purpose_of
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.charging_profiles import ChargingProfileBook, ReportCriteria

_CRITERION = ("chargingProfileId", "chargingProfilePurpose", "stackLevel", "chargingLimitSource")


@sent("GetChargingProfiles", "2.0.1")
def get_charging_profiles(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    criterion = {name: typed[name] for name in _CRITERION if name in typed}
    evse = {"evseId": typed["evseId"]} if "evseId" in typed else {}
    return "GetChargingProfiles", {"requestId": typed["requestId"], **evse, "chargingProfile": criterion}


@answered("GetChargingProfiles", "2.0.1")
async def charging_profiles_asked(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    criterion = request["chargingProfile"]
    purpose = criterion.get("chargingProfilePurpose")
    criteria = ReportCriteria(
        evse_id=request.get("evseId"),
        ids=tuple(criterion.get("chargingProfileId", ())),
        purpose=purpose_of(purpose) if purpose else None,
        stack_level=criterion.get("stackLevel"),
        sources=tuple(criterion.get("chargingLimitSource", ())),
    )
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.ReportAsked,
        request_id=request["requestId"],
        criteria=criteria,
        status=response["status"],
        timestamp=session.now,
    )
