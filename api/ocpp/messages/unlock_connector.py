"""UnlockConnector: release a plug (1.6 §5.18, 2.0.1 F05). Typed payload: `evseId`, `connectorId`."""

from typing import Any

from api.ocpp.registry import sent


@sent("UnlockConnector", "1.6")
def unlock_connector_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "UnlockConnector", {"connectorId": typed["evseId"]}


@sent("UnlockConnector", "2.0.1")
def unlock_connector_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "UnlockConnector", {"evseId": typed["evseId"], "connectorId": typed["connectorId"]}
