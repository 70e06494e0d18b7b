"""MeterValues: samples of a transaction or of the main meter (1.6 §4.7, 2.0.1 J01). Answered whatever they say."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.values import Evse


@received("MeterValues", "1.6")
async def meter_values_v16(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    evse = wire.evse_of_connector(request["connectorId"])
    readings = wire.readings_v16(request["meterValue"])
    transaction_id = _transaction_id(session, request, evse)
    if transaction_id is None or not readings:
        session.day.meter(evse, readings, _as_text(request.get("transactionId")), session.now)
        return {}
    transaction = await session.transaction(transaction_id)
    transaction.meter(
        session.now,
        occurred_at=max([reading.at for reading in readings]),
        evse=None if transaction.facts.evse else evse,
        readings=readings,
        tariff=await session.tariff(transaction, evse),
    )
    await session.opened(transaction, transaction_id, evse)
    return {}


def _transaction_id(session: StationSession, request: dict[str, Any], evse: Evse) -> str | None:
    """The transaction the samples belong to; where the station does not say, the one running on the connector."""
    told = request.get("transactionId")
    if told is not None and told > 0:
        return str(told)
    running = session.day.open_transaction_on(evse.id) if evse.id else None
    return running.transaction_id if running else None


def _as_text(transaction_id: int | None) -> str | None:
    return None if transaction_id is None else str(transaction_id)


@received("MeterValues", "2.0.1")
async def meter_values_v2(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    session.day.meter(
        Evse(wire.number_of(request["evseId"])), wire.readings_v2(request["meterValue"]), None, session.now
    )
    return {}
