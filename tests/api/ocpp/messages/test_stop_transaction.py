from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.events import StationDay, Transaction
from domain.transaction import TransactionState
from domain.values import AuthorizationStatus, IdToken
from tests.api.ocpp.line import Clock, Line

START: dict[str, Any] = {"connectorId": 1, "idTag": "ABC123", "meterStart": 1500, "timestamp": "2026-11-20T11:58:00Z"}
STOP: dict[str, Any] = {"transactionId": 1, "meterStop": 4000, "timestamp": "2026-11-20T12:58:00Z"}
Permit = Callable[..., Awaitable[None]]
BILLED = "charge-detail-record.issued"


async def test_a_stop_ends_the_transaction(v16: Line, permit: Permit) -> None:
    await permit("ABC123")
    await v16.call("StartTransaction", START)
    reply = await v16.call("StopTransaction", {**STOP, "idTag": "ABC123", "reason": "EVDisconnected"})
    assert reply == {"idTagInfo": {"status": "Accepted"}}
    assert v16.kinds == ["transaction.ended", BILLED, "day.transaction-closed"]
    facts = (await v16.transaction("1")).facts
    assert facts.state is TransactionState.ENDED
    assert (facts.energy.wh, facts.energy.source) == (2500, "meter-start-stop")
    assert facts.stopped_reason == "EVDisconnected"


async def test_a_stop_without_token_and_reason_is_local_and_answered_with_nothing(v16: Line) -> None:
    await v16.call("StartTransaction", START)
    assert await v16.call("StopTransaction", STOP) == {}
    assert v16.happened[0].stopped_reason == "Local"


async def test_the_token_that_stops_is_answered_too(v16: Line, permit: Permit) -> None:
    await permit("OTHER", AuthorizationStatus.EXPIRED)
    reply = await v16.call("StopTransaction", {**STOP, "idTag": "OTHER"})
    assert reply == {"idTagInfo": {"status": "Expired"}}
    assert v16.happened[0].id_token == IdToken("OTHER")


async def test_the_samples_a_stop_brings_count(v16: Line) -> None:
    await v16.call("StartTransaction", START)
    data = [
        {"timestamp": START["timestamp"], "sampledValue": [{"value": "1500.4", "context": "Transaction.Begin"}]},
        {
            "timestamp": STOP["timestamp"],
            "sampledValue": [{"value": "4.1", "unit": "kWh", "context": "Transaction.End"}],
        },
    ]
    await v16.call("StopTransaction", {**STOP, "transactionData": data})
    energy = (await v16.transaction("1")).facts.energy
    assert (energy.wh, energy.source) == (2600, "transaction-registers")


@pytest.mark.parametrize("between", ["nothing", "restart", "midnight"])
async def test_a_repeated_stop_changes_nothing(between: str, v16: Line, clock: Clock) -> None:
    await v16.call("StartTransaction", START)
    first = await v16.call("StopTransaction", {**STOP, "idTag": "ABC123"})
    if between == "midnight":
        clock.advance(days=1)
    if between == "restart":
        await v16.connect()
    assert await v16.call("StopTransaction", {**STOP, "idTag": "ABC123"}) == first
    assert v16.kinds[-1] == "day.message-received"
    assert len(v16.all(Transaction.Ended)) == 1
    assert len(v16.all(StationDay.TransactionClosed)) == 1


@pytest.mark.parametrize("number", [4711, 0, -1, -7, 9223372036854775807])
async def test_a_stop_of_a_transaction_never_heard_of_is_confirmed_and_kept(number: int, v16: Line) -> None:
    stop = {**STOP, "transactionId": number}
    assert await v16.call("StopTransaction", stop) == {}
    assert v16.kinds == ["transaction.ended", BILLED, "day.transaction-opened", "day.transaction-closed"]
    # and its repetition is the same story
    assert await v16.call("StopTransaction", stop) == {}
    assert len(v16.all(Transaction.Ended)) == 1


async def test_stops_without_a_number_are_not_taken_for_one(v16: Line) -> None:
    await v16.call("StopTransaction", {**STOP, "transactionId": -1})
    await v16.call("StopTransaction", {**STOP, "transactionId": -1, "timestamp": "2026-11-20T13:58:00Z"})
    await v16.call("StopTransaction", {**STOP, "transactionId": -1, "meterStop": 9000})
    assert len(v16.all(Transaction.Ended)) == 3
    assert len({event.originator_id for event in v16.all(Transaction.Ended)}) == 2


async def test_a_meter_that_runs_backwards_bills_nothing(v16: Line) -> None:
    await v16.call("StartTransaction", START)
    assert await v16.call("StopTransaction", {**STOP, "meterStop": 3}) == {}
    energy = (await v16.transaction("1")).facts.energy
    assert (energy.wh, energy.implausible) == (0, True)


async def test_a_stop_long_after_its_day_finds_its_transaction(v16: Line, clock: Clock) -> None:
    number = (await v16.call("StartTransaction", START))["transactionId"]
    for _ in range(5):
        clock.advance(days=1)
        await v16.call("Heartbeat", {})
    await v16.connect()
    await v16.call("StopTransaction", {**STOP, "transactionId": number})
    transaction = await v16.transaction(str(number))
    assert transaction.id == f"transaction:2026-11-20:CS16/{number}"
    assert transaction.facts.energy.wh == 2500


async def test_a_late_message_does_not_open_a_transaction_again_that_the_books_forgot(v16: Line) -> None:
    # given a transaction so long ago that forty others have ended since
    for n in range(45):
        number = (await v16.call("StartTransaction", {**START, "meterStart": n}))["transactionId"]
        await v16.call("StopTransaction", {**STOP, "transactionId": number})
    assert "1" not in v16.session.day.transactions
    # when samples of it arrive
    sample = {"timestamp": STOP["timestamp"], "sampledValue": [{"value": "1600"}]}
    await v16.call("MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [sample]})
    # then they are its own, and nothing is running on the connector
    assert v16.kinds[0] == "transaction.metered"
    assert v16.happened[0].originator_id == "transaction:2026-11-20:CS16/1"
    assert v16.session.day.open_transaction_on(1) is None


async def test_an_end_that_cannot_be_billed_is_recorded_all_the_same(
    v16: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    await v16.call("StartTransaction", START)

    def broken(*arguments: Any) -> None:
        raise ArithmeticError("rating has a fault")

    monkeypatch.setattr("api.ocpp.session.settled_plainly", broken)
    assert await v16.call("StopTransaction", STOP) == {}
    assert v16.kinds == ["transaction.ended", "day.transaction-closed"]
