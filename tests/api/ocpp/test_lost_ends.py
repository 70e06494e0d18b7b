"""Transactions whose end was never told: suspected, closed by us with what is known, healed by the true end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from api.ocpp.connection import StationConnection
from api.ocpp.node import Node
from api.ocpp.session import StationSession
from api.ocpp.versions import VERSIONS
from app.caretaker import close_suspected_transactions, suspect_silent_transactions
from domain.events import StationDay, Transaction
from domain.journal import JournalUnavailable
from domain.transaction import TransactionState
from tests.api.ocpp.line import BOOT, Clock, Line

Dial = Callable[..., Any]
START = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": "2026-11-20T11:00:00Z"}


def started(**facts: Any) -> dict[str, Any]:
    head = {"eventType": "Started", "timestamp": "2026-11-20T11:00:00Z", "triggerReason": "Authorized", "seqNo": 0}
    return {**head, "evse": {"id": 1, "connectorId": 1}, "transactionInfo": {"transactionId": "T1"}, **facts}


def metered(number: int, wh: int, at: str) -> dict[str, Any]:
    sample = {"timestamp": f"2026-11-20T{at}:00Z", "sampledValue": [{"value": str(wh)}]}
    return {"connectorId": 1, "transactionId": number, "meterValue": [sample]}


@pytest.mark.parametrize(
    ("action", "payload", "why"),
    [
        ("BootNotification", BOOT["1.6"], "the station booted"),
        (
            "StatusNotification",
            {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
            "its connector is available",
        ),
        ("StartTransaction", {**START, "idTag": "OTHER"}, "another transaction began on its EVSE"),
    ],
)
async def test_what_cannot_be_while_it_runs_makes_it_suspect(
    v16: Line, action: str, payload: dict[str, Any], why: str
) -> None:
    number = (await v16.call("StartTransaction", START))["transactionId"]
    await v16.call(action, payload)
    [suspected] = v16.all(StationDay.TransactionSuspected)
    assert (suspected.transaction_id, suspected.suspicion) == (str(number), why)
    await v16.call(action, payload)  # a repetition, for which once is enough
    assert len(v16.all(StationDay.TransactionSuspected)) == 1


async def test_other_connectors_and_ended_transactions_are_no_reason(v16: Line) -> None:
    number = (await v16.call("StartTransaction", START))["transactionId"]
    await v16.call("StatusNotification", {"connectorId": 2, "errorCode": "NoError", "status": "Available"})
    await v16.call("StartTransaction", {**START, "connectorId": 2})
    assert v16.all(StationDay.TransactionSuspected) == []
    await v16.call("StopTransaction", {"transactionId": number, "meterStop": 200, "timestamp": "2026-11-20T11:30:00Z"})
    await v16.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    assert v16.all(StationDay.TransactionSuspected) == []


async def test_2_0_1_transactions_are_suspected_alike(v201: Line) -> None:
    await v201.call("TransactionEvent", started())
    status = {"timestamp": "2026-11-20T12:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    await v201.call("StatusNotification", status)
    assert [event.transaction_id for event in v201.all(StationDay.TransactionSuspected)] == ["T1"]


@pytest.fixture
async def station(dial: Dial, node: Node) -> Any:
    node.accept_unknown = True
    async with dial("CS1", "ocpp1.6") as client:

        async def say(action: str, payload: dict[str, Any]) -> Any:
            await client.send(orjson.dumps([2, "1", action, payload]).decode())
            return orjson.loads(await client.recv())[2]

        await say("BootNotification", BOOT["1.6"])
        yield say


async def _transaction(node: Node, number: int) -> Transaction:
    return await Line(node, None, "CS1").transaction(str(number))  # type: ignore[arg-type]


async def test_it_is_closed_after_the_grace_and_healed_by_its_true_end(station: Any, node: Node, clock: Clock) -> None:
    number = (await station("StartTransaction", START))["transactionId"]
    await station("MeterValues", metered(number, 700, "11:20"))
    await station("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    clock.advance(seconds=node.transaction_grace - 1)
    await close_suspected_transactions(node)
    assert (await _transaction(node, number)).state is TransactionState.ACTIVE
    clock.advance(seconds=2)
    await close_suspected_transactions(node)
    closed = (await _transaction(node, number)).facts
    assert (closed.state, closed.estimated, closed.energy.wh) == (TransactionState.ENDED, True, 600)
    assert closed.ended_at is not None
    assert closed.ended_at.isoformat() == "2026-11-20T11:20:00+00:00"
    before = len(node.journal.recorded)  # type: ignore[attr-defined]
    await close_suspected_transactions(node)
    assert len(node.journal.recorded) == before  # type: ignore[attr-defined]
    stop = {"transactionId": number, "meterStop": 1100, "timestamp": "2026-11-20T11:30:00Z"}
    await station("StopTransaction", stop)
    healed = (await _transaction(node, number)).facts
    assert (healed.estimated, healed.energy.wh, healed.stopped_reason) == (False, 1000, "Local")
    assert healed.ended_at is not None
    assert healed.ended_at.isoformat() == "2026-11-20T11:30:00+00:00"


async def test_one_that_is_heard_of_again_goes_on(station: Any, node: Node, clock: Clock) -> None:
    number = (await station("StartTransaction", START))["transactionId"]
    await station("BootNotification", BOOT["1.6"])
    clock.advance(seconds=node.transaction_grace + 1)
    await station("MeterValues", metered(number, 700, "11:20"))
    await close_suspected_transactions(node)
    assert (await _transaction(node, number)).state is TransactionState.ACTIVE
    clock.advance(seconds=node.transaction_grace + 1)
    await close_suspected_transactions(node)
    assert (await _transaction(node, number)).state is TransactionState.ACTIVE


async def test_a_database_that_goes_away_meanwhile_is_no_end_of_the_caretaker(
    station: Any, node: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await station("StartTransaction", START)
    await station("BootNotification", BOOT["1.6"])
    clock.advance(seconds=node.transaction_grace + 1)

    async def append(entries: Any) -> int:
        raise JournalUnavailable("gone")

    monkeypatch.setattr(node.journal, "append", append)
    await asyncio.wait_for(close_suspected_transactions(node), 5)


async def test_one_that_nothing_is_heard_of_for_a_day_is_suspected_and_closed(
    station: Any, node: Node, clock: Clock
) -> None:
    number = (await station("StartTransaction", START))["transactionId"]
    clock.advance(hours=23)
    await suspect_silent_transactions(node)
    await station("MeterValues", metered(number, 700, "11:20"))
    clock.advance(hours=23)
    await suspect_silent_transactions(node)
    await station("Heartbeat", {})  # of the station, and not of the transaction
    day = node.connections["CS1"].session.day
    assert [ref.suspicion for ref in day.running] == [None]
    clock.advance(hours=2)
    await suspect_silent_transactions(node)
    await suspect_silent_transactions(node)
    assert [ref.suspicion for ref in node.connections["CS1"].session.day.running] == ["nothing is heard of it"]
    clock.advance(seconds=node.transaction_grace + 1)
    await close_suspected_transactions(node)
    assert (await _transaction(node, number)).facts.estimated
    assert node.connections["CS1"].session.day.running == []


async def test_a_station_that_is_just_connecting_is_left_alone(node: Node) -> None:
    socket: Any = None
    node.connections["CS1"] = StationConnection(socket, StationSession("CS1", VERSIONS["ocpp1.6"], node))
    await suspect_silent_transactions(node)
    await close_suspected_transactions(node)
    assert node.journal.recorded == []  # type: ignore[attr-defined]
