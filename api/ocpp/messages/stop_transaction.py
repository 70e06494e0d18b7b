"""StopTransaction: a 1.6 transaction has ended (1.6 §4.10). It cannot be refused, whatever its number says."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.values import IdToken


@received("StopTransaction", "1.6")
async def stop_transaction(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    occurred_at = wire.instant(request["timestamp"])
    transaction_id = wire.transaction_id_v16(request["transactionId"], occurred_at)
    id_token = IdToken(request["idTag"]) if "idTag" in request else None
    transaction = await session.transaction(transaction_id)
    authorization = await session.authorize(id_token) if id_token else None
    transaction.end(
        session.now,
        occurred_at=occurred_at,
        meter_stop_wh=wire.register_wh(request["meterStop"]),
        stopped_reason=request.get("reason", "Local"),
        id_token=id_token,
        authorization=authorization.status if authorization else None,
        readings=wire.readings_v16(request.get("transactionData", ())),
        tariff=await session.tariff(transaction, None),
    )
    await session.opened(transaction, transaction_id, transaction.facts.evse)
    return {"idTagInfo": wire.id_tag_info(authorization)} if authorization else {}
