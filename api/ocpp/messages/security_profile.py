"""SecurityProfile: a 1.6 station agrees to come with a higher security profile (1.6 security extension, A05).

It is a key of ChangeConfiguration. Once the station has come with the new profile, no lower one lets it in.
"""

from typing import Any

from api.ocpp.registry import answered
from api.ocpp.session import StationSession

_PROFILES = ("0", "1", "2", "3")


@answered("ChangeConfiguration", "1.6")
async def security_profile_changed(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    agreed = response["status"] in ("Accepted", "RebootRequired")
    if request["key"] == "SecurityProfile" and agreed and request["value"] in _PROFILES:
        await session.refresh()
        session.station.offer_profile(int(request["value"]), session.now)
