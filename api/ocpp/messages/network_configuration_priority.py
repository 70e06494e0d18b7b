"""NetworkConfigurationPriority: which of its connection profiles a station is to try first (2.0.1 B09, B10, A05).

It is a variable of SetVariables. If the first slot has a higher security profile, no lower one lets the station in once
it has come with it.
"""

from typing import Any

from api.ocpp import variables
from api.ocpp.registry import answered
from api.ocpp.session import StationSession

_TAKEN = ("Accepted", "RebootRequired")


@answered("SetVariables", "2.0.1")
async def priority_changed(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    wanted = {variables.variable(data).folded: data["attributeValue"] for data in request["setVariableData"]}
    for result in response["setVariableResult"]:
        variable = variables.variable(result)
        names = (variable.component or "").casefold(), variable.name.casefold()
        if names != ("ocppcommctrlr", "networkconfigurationpriority") or result["attributeStatus"] not in _TAKEN:
            continue
        slots = [text.strip() for text in wanted.get(variable.folded, "").split(",")]
        await session.refresh()
        session.station.prefer_networks([int(slot) for slot in slots if slot.isdecimal()], session.now)
