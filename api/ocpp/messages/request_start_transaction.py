"""RequestStartTransaction, in 1.6 RemoteStartTransaction: start charging from afar (1.6 §5.11, 2.0.1 F01, K05).

Typed payload: `idToken`, `idTokenType`, `groupId`? (2.x), `evseId`?, `remoteStartId`, `chargingProfile`? as in
SetChargingProfile, a TxProfile without a transaction. If it is accepted, the profile is noted and belongs to the
transaction that begins.
"""

from dataclasses import replace
from typing import Any

from api.ocpp.profiles import profile_of, profile_v2, profile_v16
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.charging_profiles import ChargingProfileBook, RemoteStart


@sent("RequestStartTransaction", "1.6")
def remote_start_transaction(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"idTag": typed["idToken"]}
    if typed.get("evseId"):
        payload["connectorId"] = typed["evseId"]
    if typed.get("chargingProfile"):
        payload["chargingProfile"] = profile_v16(typed["chargingProfile"])
    return "RemoteStartTransaction", payload


@sent("RequestStartTransaction", "2.0.1")
def request_start_transaction(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {
        "remoteStartId": typed["remoteStartId"],
        "idToken": {"idToken": typed["idToken"], "type": typed["idTokenType"]},
    }
    if typed.get("groupId"):
        payload["groupIdToken"] = {"idToken": typed["groupId"], "type": "Central"}
    if typed.get("evseId"):
        payload["evseId"] = typed["evseId"]
    if typed.get("chargingProfile"):
        payload["chargingProfile"] = profile_v2(typed["chargingProfile"])
    return "RequestStartTransaction", payload


@answered("RemoteStartTransaction", "1.6")
async def remote_start_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    await _note(session, request, response, request.get("connectorId"), RemoteStart(request["idTag"]))


@answered("RequestStartTransaction", "2.0.1")
async def request_start_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    start = RemoteStart(request["idToken"]["idToken"], request["remoteStartId"])
    await _note(session, request, response, request.get("evseId"), start)


async def _note(
    session: StationSession, request: dict[str, Any], response: dict[str, Any], evse_id: int | None, start: RemoteStart
) -> None:
    """A profile that came with the request waits for the transaction, unless that runs already (2.x)."""
    if "chargingProfile" in request:
        profile = profile_of(request["chargingProfile"])
        running = response.get("transactionId") or await _begun(session, start)
        if running is not None:
            evse = (await session.transaction(running)).facts.evse
            profile, evse_id = replace(profile, transaction_id=running), evse.id if evse else evse_id
        book = await session.book(ChargingProfileBook)
        book.trigger_event(
            ChargingProfileBook.Set,
            profile=profile,
            evse_id=evse_id,
            status=response["status"],
            accepted=response["status"] == "Accepted",
            remote_start=start if running is None else None,
            timestamp=session.now,
        )


async def _begun(session: StationSession, start: RemoteStart) -> str | None:
    """The transaction that names the remote start, where the station was quicker to tell of it."""
    for ref in session.day.running if start.remote_start_id is not None else ():
        if (await session.transaction(ref.transaction_id)).facts.remote_start_id == start.remote_start_id:
            return ref.transaction_id
    return None
