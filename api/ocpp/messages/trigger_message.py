"""TriggerMessage: ask a station to send a message now (1.6 §5.17, 2.0.1 F06).

Typed payload: `requestedMessage` in the words of 2.x, `evseId`?, `connectorId`?. In 1.6, what only the security
extension can ask for is an ExtendedTriggerMessage.
"""

from typing import Any

from api.ocpp.registry import sent

_EXTENDED = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}


@sent("TriggerMessage", "1.6")
def trigger_message_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    connector = {"connectorId": typed["evseId"]} if typed.get("evseId") else {}
    message = typed["requestedMessage"]
    if message in _EXTENDED:
        return "ExtendedTriggerMessage", {"requestedMessage": _EXTENDED[message], **connector}
    return "TriggerMessage", {"requestedMessage": message, **connector}


@sent("TriggerMessage", "2.0.1")
def trigger_message_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"requestedMessage": typed["requestedMessage"]}
    if typed.get("evseId"):
        connector = typed.get("connectorId") or (1 if typed["requestedMessage"] == "StatusNotification" else None)
        # F06.FR.12: for StatusNotification the connector has to be named.
        payload["evse"] = {"id": typed["evseId"], **({"connectorId": connector} if connector else {})}
    return "TriggerMessage", payload
