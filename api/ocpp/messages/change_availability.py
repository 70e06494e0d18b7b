"""ChangeAvailability: put a station, EVSE or connector in or out of service (1.6 §5.2, 2.0.1 G03, G04).

Typed payload: `operationalStatus` Operative or Inoperative, `evseId`?, `connectorId`?; no EVSE is the whole station.
"""

from typing import Any

from api.ocpp.registry import sent


@sent("ChangeAvailability", "1.6")
def change_availability_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ChangeAvailability", {"connectorId": typed.get("evseId") or 0, "type": typed["operationalStatus"]}


@sent("ChangeAvailability", "2.0.1")
def change_availability_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"operationalStatus": typed["operationalStatus"]}
    if typed.get("evseId"):
        connector = {"connectorId": typed["connectorId"]} if typed.get("connectorId") else {}
        payload["evse"] = {"id": typed["evseId"], **connector}
    return "ChangeAvailability", payload
