"""How transactions stand at their stations, and what they cost so far: how it is asked for, and how it shows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.events import Tariff, Transaction, TransactionStatusBook
from domain.rating import PriceElement, PriceKind
from domain.station import TariffRef
from domain.tariff import Terms
from domain.values import AuthorizationStatus, IdToken
from tests.api.graphql.conftest import T0, Api

ASK = """
mutation ($input: GetTransactionStatusInput!) { getTransactionStatus(input: $input) {
  command { action payload } error { code field } } }
"""
SEND = """
mutation ($input: SendCostInput!) { sendCost(input: $input) { command { action payload } error { code field } } }
"""
SHOW = """
query ($at: String) { transaction(id: "CS1/T-1", atLeastPosition: $at) {
  status { ongoing messagesInQueue reportedAt } missingSeqNos { first last }
  cost { currency totalExclVat totalVat totalInclVat } } }
"""


async def asked(api: Api, document: str, **input: Any) -> Any:
    given = {"stationId": "CS1", "waitSeconds": 0} | input
    [payload] = (await api.ask(document, input=given)).values()
    return payload


async def running(api: Api) -> str:
    """2 kWh and half an hour of a transaction; the position behind it."""
    await api.register("CS1")
    tariff = Tariff.blank(Tariff.stream("day"))
    elements = (PriceElement(PriceKind.ENERGY, Decimal("0.40"), Decimal(19)), PriceElement(PriceKind.TIME, Decimal(2)))
    tariff.define(Terms("EUR", elements), T0)
    transaction = Transaction.blank(Transaction.stream("CS1", "T-1", T0))
    transaction.start(
        T0,
        occurred_at=T0,
        seq_no=0,
        id_token=IdToken("A"),
        authorization=AuthorizationStatus.ACCEPTED,
        meter_start_wh=1000,
        tariff=TariffRef("day", 1),
    )
    transaction.update(T0, occurred_at=T0 + timedelta(minutes=30), seq_no=4)
    book = TransactionStatusBook.blank(TransactionStatusBook.stream("CS1", T0.date()))
    for transaction_id, ongoing in (("T-1", True), (None, None)):
        told = {"transaction_id": transaction_id, "messages_in_queue": True, "ongoing": ongoing}
        book.trigger_event(TransactionStatusBook.Reported, timestamp=T0, **told)
    position = await api.record(tariff, transaction, book)
    await api.ask(SHOW, at=position)
    return position


async def test_a_transaction_shows_how_it_stands_and_what_it_costs(api: Api) -> None:
    position = await running(api)
    assert (await api.ask(SHOW, at=position))["transaction"] == {
        "status": {"ongoing": True, "messagesInQueue": True, "reportedAt": T0.isoformat()},
        "missingSeqNos": [{"first": 1, "last": 3}],
        "cost": {"currency": "EUR", "totalExclVat": "1.00", "totalVat": "0.00", "totalInclVat": "1.00"},
    }


async def test_a_status_is_asked_for_of_one_or_of_all(api: Api) -> None:
    await api.register("CS1")
    one, all = await asked(api, ASK, transactionId="T-1"), await asked(api, ASK)
    assert one["command"] == {"action": "GetTransactionStatus", "payload": {"transactionId": "T-1"}}
    assert all["command"]["payload"] == {}
    for bad in ("", "x" * 37):
        assert (await asked(api, ASK, transactionId=bad))["error"] == {"code": "BAD_INPUT", "field": "transactionId"}


async def test_a_cost_is_ours_or_the_operators(api: Api) -> None:
    await running(api)
    costs = [await asked(api, SEND, transactionId="T-1", **more) for more in ({}, {"totalCost": "0"})]
    assert [cost["command"]["payload"]["totalCost"] for cost in costs] == [1.0, 0.0]
    assert costs[0]["command"]["action"] == "CostUpdated"
    missing = await asked(api, SEND, transactionId="T-2")
    assert missing["error"] == {"code": "UNKNOWN_TRANSACTION", "field": "transactionId"}


@pytest.mark.parametrize("cost", ["-1", "1000000000", "0.1234567"])
async def test_a_cost_that_nobody_pays_is_refused(cost: str, api: Api) -> None:
    await api.register("CS1")
    payload = await asked(api, SEND, transactionId="T-1", totalCost=cost)
    assert payload == {"command": None, "error": {"code": "BAD_INPUT", "field": "totalCost"}}
