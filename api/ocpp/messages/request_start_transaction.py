"""RequestStartTransaction, in 1.6 RemoteStartTransaction: start charging from afar (1.6 §5.11, 2.0.1 F01).

Typed payload: `idToken`, `idTokenType`, `evseId`?, `remoteStartId`.
"""

from typing import Any

from api.ocpp.registry import sent


@sent("RequestStartTransaction", "1.6")
def remote_start_transaction(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"idTag": typed["idToken"]}
    if typed.get("evseId"):
        payload["connectorId"] = typed["evseId"]
    return "RemoteStartTransaction", payload


@sent("RequestStartTransaction", "2.0.1")
def request_start_transaction(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {
        "remoteStartId": typed["remoteStartId"],
        "idToken": {"idToken": typed["idToken"], "type": typed["idTokenType"]},
    }
    if typed.get("evseId"):
        payload["evseId"] = typed["evseId"]
    return "RequestStartTransaction", payload
