"""ReserveNow: keep a connector free for a token (1.6 §5.13, 2.0.1 H01).

Typed payload: `id`, `expiryDateTime`, `idToken`, `idTokenType`, `groupId`?, `evseId`?, `connectorType`? (2.x); no EVSE
is any.
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from domain.reservation import Reservation, ReservationBook
from domain.values import IdToken


@sent("ReserveNow", "1.6")
def reserve_now_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if typed.get("connectorType"):
        raise CallFailed("NotSupported", "OCPP 1.6 cannot reserve a type of connector")
    group = {"parentIdTag": typed["groupId"]} if typed.get("groupId") else {}
    return "ReserveNow", {
        "connectorId": typed.get("evseId") or 0,
        "expiryDate": wire.timestamp(wire.instant(typed["expiryDateTime"])),
        "idTag": typed["idToken"],
        "reservationId": typed["id"],
        **group,
    }


@sent("ReserveNow", "2.0.1")
def reserve_now_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {
        "id": typed["id"],
        "expiryDateTime": wire.timestamp(wire.instant(typed["expiryDateTime"])),
        "idToken": {"idToken": typed["idToken"], "type": typed["idTokenType"]},
    }
    if typed.get("groupId"):
        payload["groupIdToken"] = {"idToken": typed["groupId"], "type": "Central"}
    return "ReserveNow", payload | {name: typed[name] for name in ("evseId", "connectorType") if typed.get(name)}


@answered("ReserveNow", "1.6")
async def reserved_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    reservation = Reservation(
        id=request["reservationId"],
        expires_at=wire.instant(request["expiryDate"]),
        id_token=IdToken(request["idTag"]),
        evse_id=wire.number_of(request["connectorId"]) or None,
        group_id=request.get("parentIdTag"),
    )
    await _note(session, reservation, response["status"])


@answered("ReserveNow", "2.0.1")
async def reserved_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    reservation = Reservation(
        id=request["id"],
        expires_at=wire.instant(request["expiryDateTime"]),
        id_token=IdToken(request["idToken"]["idToken"], request["idToken"]["type"]),
        evse_id=request.get("evseId"),
        group_id=request.get("groupIdToken", {}).get("idToken"),
        connector_type=request.get("connectorType"),
    )
    await _note(session, reservation, response["status"])


async def _note(session: StationSession, reservation: Reservation, status: str) -> None:
    if wire.reference(reservation.id) is None:
        return
    book = await session.book(ReservationBook)
    if status == "Accepted":
        book.trigger_event(ReservationBook.Made, reservation=reservation, timestamp=session.now)
    else:
        book.trigger_event(ReservationBook.Refused, reservation=reservation, outcome=status, timestamp=session.now)
