from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.events import StationDay, Transaction
from domain.values import AuthorizationStatus, Evse, IdToken
from tests.api.ocpp.line import Clock, Line

Permit = Callable[..., Awaitable[None]]

START: dict[str, Any] = {"connectorId": 1, "idTag": "ABC123", "meterStart": 1500, "timestamp": "2026-11-20T11:58:00Z"}


async def test_a_start_gets_a_number_and_is_recorded(v16: Line, permit: Permit) -> None:
    await permit("ABC123", group_id="FLEET")
    reply = await v16.call("StartTransaction", {**START, "reservationId": 9})
    assert reply == {"transactionId": 1, "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}
    assert v16.kinds == ["transaction.started", "day.transaction-opened"]
    [started] = v16.all(Transaction.Started)
    assert (started.evse, started.id_token, started.authorization) == (Evse(1, 1), IdToken("ABC123"), "Accepted")
    assert (started.meter_start_wh, started.reservation_id) == (1500, 9)
    assert started.occurred_at.isoformat() == "2026-11-20T11:58:00+00:00"


async def test_a_start_that_is_not_authorized_happened_all_the_same(v16: Line, permit: Permit) -> None:
    await permit("ABC123", AuthorizationStatus.BLOCKED)
    reply = await v16.call("StartTransaction", START)
    assert reply["idTagInfo"] == {"status": "Blocked"}
    assert reply["transactionId"] > 0
    assert len(v16.all(Transaction.Started)) == 1


async def test_two_starts_get_two_numbers(v16: Line) -> None:
    numbers = {(await v16.call("StartTransaction", {**START, "connectorId": n}))["transactionId"] for n in (1, 2, 3)}
    assert len(numbers) == 3


@pytest.mark.parametrize("between", ["nothing", "restart", "midnight", "three days", "restart after midnight"])
async def test_a_repeated_start_gets_the_number_it_was_given(between: str, v16: Line, clock: Clock) -> None:
    # given a start whose answer got lost
    first = await v16.call("StartTransaction", START)
    # when time passes and the station says it again, with a new message id
    if between != "nothing":
        clock.advance(days={"midnight": 1, "three days": 3, "restart after midnight": 1}.get(between, 0))
    if between.startswith("restart"):
        await v16.connect()
    again = await v16.call("StartTransaction", START)
    # then it is the same transaction, which started once
    assert again == first
    assert len(v16.all(Transaction.Started)) == 1
    assert len(v16.all(StationDay.TransactionOpened)) == 1
    assert v16.kinds[-1] == "day.message-received"


async def test_the_books_of_each_day_are_opened_once(v16: Line, clock: Clock) -> None:
    await v16.call("StartTransaction", START)
    for _ in range(3):
        clock.advance(days=1)
        await v16.call("StartTransaction", START)
        await v16.call("Heartbeat", {})
    days = [event.originator_id for event in v16.all(StationDay.Opened)]
    assert days == [f"day:2026-11-{day}:CS16" for day in (20, 21, 22, 23)]


async def test_a_repeated_start_writes_the_token_as_it_likes(v16: Line) -> None:
    first = await v16.call("StartTransaction", START)
    assert await v16.call("StartTransaction", {**START, "idTag": "abc123"}) == first


@pytest.mark.parametrize(
    "other", [{"connectorId": 2}, {"idTag": "OTHER"}, {"meterStart": 1501}, {"timestamp": "2026-11-20T11:58:01Z"}]
)
async def test_a_start_that_differs_is_another_one(other: dict[str, Any], v16: Line) -> None:
    first = await v16.call("StartTransaction", START)
    assert (await v16.call("StartTransaction", START | other))["transactionId"] != first["transactionId"]
    assert len(v16.all(Transaction.Started)) == 2


async def test_stations_do_not_share_their_starts(connect: Callable[..., Awaitable[Line]]) -> None:
    one, other = await connect("1.6", "CS1"), await connect("1.6", "CS2")
    numbers = [(await line.call("StartTransaction", START))["transactionId"] for line in (one, other)]
    assert numbers[0] != numbers[1]


async def test_a_meter_that_shows_nonsense_does_not_stop_the_start(v16: Line) -> None:
    assert "transactionId" in await v16.call("StartTransaction", {**START, "meterStart": 2**63 - 1})
    assert v16.happened[0].meter_start_wh is None
