"""A token that may have one transaction at a time, wherever it is presented and whoever holds the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from api.ocpp.frame import Call
from api.ocpp.node import Node
from api.ocpp.receive import serve
from domain.events import IdTokenRecord, Transaction
from domain.id_token import Permission
from domain.values import AuthorizationStatus, IdToken
from tests.api.ocpp.line import BY_NAME, Clock, Line, SlowJournal, record, register

Connect = Callable[..., Awaitable[Line]]
Permit = Callable[..., Awaitable[None]]
NOON = "2026-11-20T12:00:00Z"


class Car:
    """Charges at an EVSE of a station, in the words of its version."""

    def __init__(self, line: Line, evse: int = 1, tag: str = "ABC", name: str = "tx-1", at: str = NOON) -> None:
        self.line = line
        self.evse = evse
        self.tag = tag
        self.name = name
        self.at = at
        self.v16 = line.version.name == "1.6"

    def event(self, kind: str, trigger: str, seq_no: int, token: bool = True) -> dict[str, Any]:
        told: dict[str, Any] = {
            "eventType": kind,
            "timestamp": self.at,
            "triggerReason": trigger,
            "seqNo": seq_no,
            "transactionInfo": {"transactionId": self.name},
            "evse": {"id": self.evse, "connectorId": 1},
        }
        return told | ({"idToken": {"idToken": self.tag, "type": "ISO14443"}} if token else {})

    async def starts(self) -> str:
        """What the token is answered."""
        if self.v16:
            told = {"connectorId": self.evse, "idTag": self.tag, "meterStart": 0, "timestamp": self.at}
            reply = await self.line.call("StartTransaction", told)
            self.name = str(reply["transactionId"])
            return str(reply["idTagInfo"]["status"])
        reply = await self.line.call("TransactionEvent", self.event("Started", "Authorized", 0))
        return str(reply["idTokenInfo"]["status"])

    async def stops(self) -> None:
        if self.v16:
            told = {"transactionId": int(self.name), "meterStop": 10, "timestamp": self.at}
            await self.line.call("StopTransaction", told)
        else:
            await self.line.call("TransactionEvent", self.event("Ended", "EVDeparted", 9, token=False))


@pytest.fixture(autouse=True)
async def exclusive(permit: Permit) -> None:
    await permit("ABC", exclusive=True)


@pytest.fixture
async def other(connect: Connect) -> Line:
    """Another station, of the other version or not."""
    return await connect("1.6", "OTHER")


async def test_a_second_transaction_elsewhere_is_answered_concurrent_and_recorded_all_the_same(
    line: Line, other: Line
) -> None:
    assert await Car(line).starts() == "Accepted"
    for second in (Car(line, 2, "abc", "tx-2"), Car(other)):
        assert await second.starts() == "ConcurrentTx"
        assert int(second.name) > 0 if second.v16 else True
    answers = [started.authorization for started in line.all(Transaction.Started)]
    assert answers == ["Accepted", "ConcurrentTx", "ConcurrentTx"]


async def test_when_it_ends_the_token_is_free(line: Line, other: Line) -> None:
    first = Car(line)
    await first.starts()
    await first.stops()
    assert line.kinds[-1] == "id-token.released"
    assert await Car(other).starts() == "Accepted"


async def test_it_is_known_after_a_restart_and_on_another_day(line: Line, other: Line, clock: Clock) -> None:
    first = Car(line)
    await first.starts()
    clock.advance(days=2)
    line.node.id_tokens.forget_all()
    await line.connect()
    await other.connect()
    assert await Car(other).starts() == "ConcurrentTx"
    await first.stops()
    assert await Car(other, 2).starts() == "Accepted"


async def test_a_repeated_start_is_not_another_transaction(line: Line) -> None:
    car = Car(line)
    assert [await car.starts(), await car.starts()] == ["Accepted", "Accepted"]
    assert len(line.all(IdTokenRecord.Engaged)) == 1


async def test_a_start_that_is_repeated_after_its_end_takes_up_nothing(line: Line, other: Line) -> None:
    car = Car(line)
    await car.starts()
    await car.stops()
    await car.starts()
    assert await Car(other).starts() == "Accepted"


async def test_one_that_was_refused_may_be_accepted_when_it_asks_again_and_ends_like_any(
    line: Line, other: Line
) -> None:
    first, second = Car(other), Car(line)
    await first.starts()
    assert await second.starts() == "ConcurrentTx"
    await first.stops()
    assert await second.starts() == "Accepted"
    assert await Car(other, 2).starts() == "ConcurrentTx"
    await second.stops()
    assert await Car(other, 3).starts() == "Accepted"


async def test_a_stop_that_was_lost_does_not_keep_the_token_from_the_same_evse(line: Line) -> None:
    await Car(line).starts()
    assert await Car(line, name="tx-2", at="2026-11-20T13:00:00Z").starts() == "Accepted"
    assert len(line.all(Transaction.Started)) == 2


async def test_authorizing_is_never_concurrent(line: Line, other: Line) -> None:
    await Car(line).starts()
    assert await other.call("Authorize", {"idTag": "ABC"}) == {"idTagInfo": {"status": "Accepted"}}


async def test_any_other_token_has_as_many_as_it_likes(line: Line, other: Line, permit: Permit) -> None:
    await permit("MANY")
    answers = [await Car(line, tag="MANY").starts(), await Car(other, tag="MANY").starts()]
    assert answers == ["Accepted", "Accepted"]
    assert not line.all(IdTokenRecord.Engaged)


async def test_a_token_that_joins_later_counts_and_one_that_only_stops_does_not(v201: Line, other: Line) -> None:
    car = Car(v201)
    await v201.call("TransactionEvent", car.event("Started", "CablePluggedIn", 0, token=False))
    await v201.call("TransactionEvent", car.event("Updated", "Authorized", 1))
    assert await Car(other).starts() == "ConcurrentTx"
    stopped = Car(v201, 2, name="tx-2")
    await v201.call("TransactionEvent", stopped.event("Started", "CablePluggedIn", 0, token=False))
    reply = await v201.call("TransactionEvent", stopped.event("Updated", "StopAuthorized", 1))
    assert reply["idTokenInfo"]["status"] == "Accepted"


async def test_a_beginning_that_comes_after_the_end_takes_up_nothing(v201: Line, other: Line) -> None:
    car = Car(v201)
    await car.stops()
    assert await car.starts() == "Accepted"
    assert not v201.all(IdTokenRecord.Engaged)


async def test_of_two_that_begin_at_the_same_moment_one_is_concurrent(clock: Clock) -> None:
    journal = SlowJournal()
    lines = []
    for name in ("CS1", "CS2"):
        node = Node(f"node-{name}", journal, clock, b"pepper")
        await register(node, name)
        lines.append(await (await Line(node, BY_NAME["1.6"], name).connect()).boot())
    await record(
        lines[0].node,
        IdTokenRecord.stream("ABC"),
        IdTokenRecord,
        lambda token: token.set(IdToken("ABC"), Permission(AuthorizationStatus.ACCEPTED), clock(), exclusive=True),
    )
    journal.held.clear()
    payload = {"connectorId": 1, "idTag": "ABC", "meterStart": 0, "timestamp": NOON}
    raw = orjson.dumps([2, "1", "StartTransaction", payload]).decode()
    starting = []
    for line in lines:
        assert line.session.day.connection
        call = Call("1", "StartTransaction", payload)
        starting.append(asyncio.create_task(serve(line.session, call, raw, line.session.day.connection.id)))
    await asyncio.sleep(0.05)
    journal.held.set()
    answers = [orjson.loads(reply)[2]["idTagInfo"]["status"] for reply in await asyncio.gather(*starting)]
    assert sorted(answers) == ["Accepted", "ConcurrentTx"]
    assert len(lines[0].all(Transaction.Started)) == 2
