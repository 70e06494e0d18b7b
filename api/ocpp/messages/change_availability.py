"""ChangeAvailability: put a station, EVSE or connector in or out of service (1.6 §5.2, 2.0.1 G03, G04).

Typed payload: `operationalStatus` Operative or Inoperative, `evseId`?, `connectorId`?; no EVSE is the whole station.
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.availability_wishes import AvailabilityBook, WishOutcome
from domain.values import Evse


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


@answered("ChangeAvailability", "1.6")
async def answered_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    await _note(session, wire.evse_of_connector(request["connectorId"]), request["type"], response["status"])


@answered("ChangeAvailability", "2.0.1")
async def answered_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    evse = wire.evse(request.get("evse")) or Evse(0)
    await _note(session, evse, request["operationalStatus"], response["status"])


async def _note(session: StationSession, evse: Evse, wanted: str, status: str) -> None:
    book = await session.book(AvailabilityBook)
    book.trigger_event(
        AvailabilityBook.ChangeAnswered,
        evse=evse,
        operative=wanted == "Operative",
        outcome=WishOutcome(status),
        timestamp=session.now,
    )
