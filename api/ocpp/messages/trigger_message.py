"""TriggerMessage: ask a station to send a message now (1.6 §5.17, 2.0.1 F06).

Typed payload: `requestedMessage`, `evseId`?, `connectorId`?.
"""

from typing import Any

from api.ocpp.registry import sent


@sent("TriggerMessage", "1.6")
def trigger_message_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    connector = {"connectorId": typed["evseId"]} if typed.get("evseId") else {}
    return "TriggerMessage", {"requestedMessage": typed["requestedMessage"], **connector}


@sent("TriggerMessage", "2.0.1")
def trigger_message_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"requestedMessage": typed["requestedMessage"]}
    if typed.get("evseId"):
        connector = typed.get("connectorId") or (1 if typed["requestedMessage"] == "StatusNotification" else None)
        # F06.FR.12: for StatusNotification the connector has to be named.
        payload["evse"] = {"id": typed["evseId"], **({"connectorId": connector} if connector else {})}
    return "TriggerMessage", payload
