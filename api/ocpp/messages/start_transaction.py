"""StartTransaction: a 1.6 station has started to charge and asks for the transaction's number (1.6 §4.8)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.values import IdToken


@received("StartTransaction", "1.6")
async def start_transaction(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    id_token, evse = IdToken(request["idTag"]), wire.evse_of_connector(request["connectorId"])
    # A repetition comes with a new message id but the same content, and must get the number it was given.
    key = f"{request['connectorId']}|{request['idTag'].casefold()}|{request['timestamp']}|{request['meterStart']}"
    known = session.day.transaction_started_with(key)
    transaction_id = known.transaction_id if known else await session.node.new_transaction_id()
    if known is not None and known.ended:
        authorization = await session.authorize(id_token)
    else:
        authorization = await session.engage(id_token, transaction_id, evse)
    if known is None:
        transaction = session.new_transaction(transaction_id)
        transaction.start(
            session.now,
            occurred_at=wire.instant(request["timestamp"]),
            evse=evse,
            id_token=id_token,
            authorization=authorization.status,
            meter_start_wh=wire.register_wh(request["meterStart"]),
            reservation_id=wire.reference(request.get("reservationId")),
            tariff=await session.tariff(transaction, evse),
        )
        await session.opened(transaction, transaction_id, evse, key)
    return {"transactionId": int(transaction_id), "idTagInfo": wire.id_tag_info(authorization)}
