"""TransactionEvent: the life of a 2.x transaction (2.0.1 E01 to E15). Always answered, in whatever order it comes."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.events import Transaction
from domain.id_token import Authorization
from domain.transaction import STOPPING, TransactionState
from domain.values import Evse, IdToken

_ONLY_METERED = frozenset({"MeterValuePeriodic", "MeterValueClock"})


@received("TransactionEvent", "2.0.1")
async def transaction_event(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    info = request["transactionInfo"]
    transaction_id = info["transactionId"]
    id_token = wire.id_token(request.get("idToken"))
    occurred_at = wire.instant(request["timestamp"])
    event_type = request["eventType"]
    transaction = await session.transaction(transaction_id, occurred_at if event_type == "Started" else None)
    evse = wire.evse(request.get("evse"))
    authorization = await _authorization(session, transaction, request, id_token, evse)
    facts = {
        "occurred_at": occurred_at,
        "seq_no": wire.reference(request["seqNo"]),
        "offline": request.get("offline", False),
        "trigger_reason": request["triggerReason"],
        "evse": evse,
        "id_token": id_token,
        "authorization": authorization.status if authorization else None,
        "charging_state": info.get("chargingState"),
        "readings": wire.readings_v2(request.get("meterValue")),
        "tariff": await session.tariff(transaction, evse),
    }
    references = {
        "remote_start_id": wire.reference(info.get("remoteStartId")),
        "reservation_id": wire.reference(request.get("reservationId")),
    }
    news = id_token or evse or any(value is not None for value in references.values())
    if event_type == "Ended":
        transaction.end(session.now, stopped_reason=info.get("stoppedReason", "Local"), **facts, **references)
    elif event_type == "Updated" and request["triggerReason"] in _ONLY_METERED and not news:
        transaction.meter(session.now, **facts)
    else:
        record = transaction.start if event_type == "Started" else transaction.update
        record(session.now, **facts, **references)
    await session.opened(transaction, transaction_id, transaction.facts.evse)
    return await _reply(session, transaction, request, authorization)


async def _authorization(
    session: StationSession,
    transaction: Transaction,
    request: dict[str, Any],
    id_token: IdToken | None,
    evse: Evse | None,
) -> Authorization | None:
    if id_token is None:
        return None
    over = request["eventType"] == "Ended" or transaction.state is TransactionState.ENDED
    if over or request["triggerReason"] in STOPPING:
        return await session.authorize(id_token)
    return await session.engage(id_token, request["transactionInfo"]["transactionId"], evse or transaction.facts.evse)


async def _reply(
    session: StationSession, transaction: Transaction, request: dict[str, Any], authorization: Authorization | None
) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    if authorization is not None:
        reply["idTokenInfo"] = wire.id_token_info(authorization)
    if request["eventType"] == "Ended":
        # I03: the final cost, taxes included; nothing to pay is an explicit zero.
        reply["totalCost"] = float((await session.bill(transaction)).total_incl_vat)
    elif transaction.state is TransactionState.ACTIVE and not request.get("offline"):
        await _add_prices(session, transaction, request, reply)
    return reply


async def _add_prices(
    session: StationSession, transaction: Transaction, request: dict[str, Any], reply: dict[str, Any]
) -> None:
    """I01, I06: the tariff's text beside an accepted token, and when the EVSE says which tariff it is.

    I02: the cost so far, once there is somebody to pay it. It goes with the answers to Updated rather than as
    CostUpdated: there it takes no message of its own, and whoever is told is online.
    """
    if (terms := await session.terms(transaction)) is None:
        return
    if reply.get("idTokenInfo", {}).get("status") == "Accepted":
        reply["idTokenInfo"] |= wire.message("personalMessage", terms)
    elif "evse" in request and not reply:
        reply |= wire.message("updatedPersonalMessage", terms)
    if request["eventType"] == "Updated" and transaction.facts.authorized_at is not None:
        reply["totalCost"] = float((await session.bill(transaction)).total_incl_vat)
