"""From the wish in the journal to its end, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection

from api.ocpp.feed import follow_journal
from api.ocpp.node import Node
from api.sealing import seal
from domain.command import Command, CommandStatus
from domain.journal import Entry, InMemoryJournal, load
from domain.station import Station
from domain.values import RegistrationStatus
from tests.api.ocpp.line import BOOT, BY_NAME, Clock, SlowJournal, official, record, register, until

_numbers = count(1)
Dial = Callable[..., Any]

TYPED: dict[str, dict[str, Any]] = {
    "RequestStartTransaction": {"idToken": "ABC123", "idTokenType": "ISO14443", "remoteStartId": 7, "evseId": 1},
    "RequestStopTransaction": {"transactionId": "42"},
    "Reset": {"type": "OnIdle"},
    "UnlockConnector": {"evseId": 1, "connectorId": 1},
    "ChangeAvailability": {"operationalStatus": "Inoperative", "evseId": 1},
    "TriggerMessage": {"requestedMessage": "StatusNotification", "evseId": 1},
}
NAME_IN_16 = {
    "RequestStartTransaction": "RemoteStartTransaction",
    "RequestStopTransaction": "RemoteStopTransaction",
}


@pytest.fixture(params=sorted(BY_NAME))
async def station(request: pytest.FixtureRequest, dial: Dial, node: Node) -> AsyncIterator[ClientConnection]:
    """A connected, booted station of each version; the node follows the journal."""
    await register(node, "CS1")
    feed = asyncio.create_task(follow_journal(node, await node.journal.head()))
    async with dial("CS1", f"ocpp{request.param}") as client:
        await boot(client)
        yield client
    feed.cancel()
    with suppress(asyncio.CancelledError):
        await feed


async def boot(client: ClientConnection) -> None:
    assert client.subprotocol
    await client.send(orjson.dumps([2, "boot", "BootNotification", BOOT[client.subprotocol[4:]]]).decode())
    assert orjson.loads(await client.recv())[0] == 3


async def request(
    node: Node, action: str, payload: dict[str, Any], *, typed: bool = False, expires_in: float = 3600, at: Any = None
) -> str:
    """Ask for a command, as the GraphQL side does; returns its stream."""
    now = at or node.clock()
    command_id = f"{next(_numbers):06}"
    command = Command.blank(Command.stream("CS1", command_id, now))
    command.request(
        station_id="CS1",
        command_id=command_id,
        action=action,
        payload=payload,
        typed=typed,
        expires_at=now + timedelta(seconds=expires_in),
        idempotency_key=None,
        at=now,
    )
    await node.journal.append([Entry(event) for event in command.collect_events()])  # type: ignore[arg-type]
    return str(command.id)


async def asked(client: ClientConnection) -> tuple[str, str, dict[str, Any]]:
    """The next call of the server: message id, action, payload; valid by the official schema."""
    assert client.subprotocol
    kind, message_id, action, payload = orjson.loads(await asyncio.wait_for(client.recv(), 2))
    assert kind == 2
    assert len(message_id) <= 36
    version = BY_NAME[client.subprotocol[4:]]
    official(version, action + version.request_suffix).validate(payload)
    return message_id, action, payload


async def ended(node: Node, stream: str) -> Any:
    """The last event of a command, when it has ended."""

    def last() -> Any:
        return events(node, stream)[-1]

    await until(lambda: not isinstance(last(), Command.Requested | Command.Sent))
    return last()


def events(node: Node, stream: str) -> list[Any]:
    assert isinstance(node.journal, InMemoryJournal)
    return [recorded.event for recorded in node.journal.recorded if recorded.event.originator_id == stream]


async def status(node: Node, stream: str) -> CommandStatus | None:
    return (await load(node.journal, Command, stream)).status


@pytest.mark.parametrize("action", TYPED)
async def test_a_command_is_said_in_the_words_of_the_station(
    action: str, station: ClientConnection, node: Node
) -> None:
    stream = await request(node, action, TYPED[action], typed=True)
    message_id, said, payload = await asked(station)
    assert said == (NAME_IN_16.get(action, action) if station.subprotocol == "ocpp1.6" else action)
    await station.send(f'[3,"{message_id}",{{"status":"{"Unlocked" if action == "UnlockConnector" else "Accepted"}"}}]')
    answered = await ended(node, stream)
    assert isinstance(answered, Command.Answered)
    assert answered.accepted
    [_, sent, _] = events(node, stream)
    assert (sent.message_id, sent.action, sent.payload) == (message_id, said, payload)
    assert sent.protocol == station.subprotocol


async def test_a_free_command_goes_as_it_is(station: ClientConnection, node: Node) -> None:
    payload = {"vendorId": "v", "messageId": "m", "data": "Grüezi"}
    stream = await request(node, "DataTransfer", payload)
    message_id, *said = await asked(station)
    assert said == ["DataTransfer", payload]
    await station.send(f'[3,"{message_id}",{{"status":"Accepted","data":"ok"}}]')
    assert (await ended(node, stream)).response == {"status": "Accepted", "data": "ok"}


async def test_what_was_sent_and_answered_is_kept_word_for_word(station: ClientConnection, node: Node) -> None:
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    raw = await station.recv()
    answer = f'[3, "{orjson.loads(raw)[1]}", {{ "status" : "Accepted" }}]'
    await station.send(answer)
    await ended(node, stream)
    assert isinstance(node.journal, InMemoryJournal)
    kept = [node.journal.evidence.get(r.position) for r in node.journal.recorded if r.event.originator_id == stream]
    assert [(e.request.decode(), e.reply) for e in kept if e] == [(raw, None), (raw, answer.encode())]


@pytest.mark.parametrize("outcome", ["Accepted", "RebootRequired", "UnknownVariable"])
async def test_changes_are_accepted_when_each_is(outcome: str, dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    feed = asyncio.create_task(follow_journal(node, await node.journal.head()))
    async with dial("CS1", "ocpp2.0.1") as station:
        await boot(station)
        changes = [{"component": "C", "variable": name, "value": "1"} for name in "AB"]
        stream = await request(node, "SetVariables", {"variables": changes}, typed=True)
        message_id, _, payload = await asked(station)
        results = [
            {"component": change["component"], "variable": change["variable"], "attributeStatus": status}
            for change, status in zip(payload["setVariableData"], ("Accepted", outcome), strict=True)
        ]
        await station.send(orjson.dumps([3, message_id, {"setVariableResult": results}]).decode())
        assert (await ended(node, stream)).accepted is (outcome != "UnknownVariable")
    feed.cancel()
    with suppress(asyncio.CancelledError):
        await feed


async def test_a_rejected_command_is_rejected(station: ClientConnection, node: Node) -> None:
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    message_id, *_ = await asked(station)
    await station.send(f'[3,"{message_id}",{{"status":"Rejected"}}]')
    assert (await ended(node, stream)).accepted is False
    assert await status(node, stream) is CommandStatus.REJECTED


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ('[4,"{id}","NotSupported","not here",{{}}]', "NotSupported: not here"),
        ('[4,"{id}","InternalError","",{{}}]', "InternalError: "),
        ('[3,"{id}",{{"status":"Perhaps"}}]', "the station's answer is not valid: status"),
        ('[3,"{id}",{{}}]', "the station's answer is not valid"),
        ('[3,"{id}",{{"status":"Accepted","extra":1}}]', "the station's answer is not valid"),
        ('[3,"{id}",[]]', "the station's answer is not valid: the payload is not an object"),
        ('[3,"{id}"]', "FormatViolation: the frame does not have its fields"),
        ('[3,"{id}",{{"status":"\\u0000"}}]', "FormatViolation: a text contains the character NUL"),
    ],
)
async def test_an_error_or_an_invalid_answer_fails_the_command_and_not_the_connection(
    answer: str, error: str, station: ClientConnection, node: Node
) -> None:
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    message_id, *_ = await asked(station)
    await station.send(answer.format(id=message_id))
    failed = await ended(node, stream)
    assert isinstance(failed, Command.Failed)
    assert failed.error.startswith(error)
    # and the next command goes its way
    stream = await request(node, "Reset", {"type": "Immediate"}, typed=True)
    message_id, *_ = await asked(station)
    await station.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    assert (await ended(node, stream)).accepted


async def test_a_command_that_is_not_answered_times_out(station: ClientConnection, node: Node) -> None:
    node.answer_timeout = 0.05
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    late, *_ = await asked(station)
    assert isinstance(await ended(node, stream), Command.TimedOut)
    # and a late answer is not taken for the answer to the next
    node.answer_timeout = 5
    following = await request(node, "Reset", {"type": "Immediate"}, typed=True)
    message_id, *_ = await asked(station)
    await station.send(f'[3,"{late}",{{"status":"Rejected"}}]')
    await station.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    assert (await ended(node, following)).accepted
    assert await status(node, stream) is CommandStatus.TIMED_OUT


async def test_a_command_whose_connection_is_lost_has_failed(station: ClientConnection, node: Node) -> None:
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    await asked(station)
    station.transport.abort()
    failed = await ended(node, stream)
    assert failed.error == "the connection closed before the station answered"


@pytest.mark.parametrize(
    ("action", "payload", "typed"),
    [
        ("Reset", {"type": "Never"}, False),
        ("Reset", {"type": "Never"}, True),
        ("Reset", {}, True),
        ("NoSuchAction", {}, False),
        ("NoSuchAction", {}, True),
        ("../v16/call", {}, False),
        ("DataTransfer", {"vendorId": "v", "data": 2**70}, False),
        ("RequestStartTransaction", {**TYPED["RequestStartTransaction"], "idToken": "x" * 40}, True),
    ],
)
async def test_what_cannot_be_said_fails_and_is_not_sent(
    action: str, payload: dict[str, Any], typed: bool, station: ClientConnection, node: Node
) -> None:
    stream = await request(node, action, payload, typed=typed)
    failed = await ended(node, stream)
    assert isinstance(failed, Command.Failed)
    assert failed.error.startswith("not sent: ")
    assert len(events(node, stream)) == 2
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(station.recv(), 0.02)


async def test_two_commands_are_never_open_at_once(station: ClientConnection, node: Node) -> None:
    streams = [await request(node, "Reset", {"type": "OnIdle"}, typed=True) for _ in range(3)]
    for stream in streams:
        message_id, *_ = await asked(station)
        assert await status(node, stream) is CommandStatus.SENT
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(station.recv(), 0.02)
        await station.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
        await ended(node, stream)


async def test_calls_of_the_station_are_served_while_ours_is_open(station: ClientConnection, node: Node) -> None:
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    message_id, *_ = await asked(station)
    await station.send('[2,"1","Heartbeat",{}]')
    assert orjson.loads(await station.recv())[:2] == [3, "1"]
    await station.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    assert (await ended(node, stream)).accepted


async def test_a_command_that_could_not_be_recorded_is_not_sent_and_blocks_no_other(dial: Dial, node: Node) -> None:
    # given a journal that fails as the command is claimed
    node.journal = journal = SlowJournal()
    await register(node, "CS1")
    async with dial("CS1", "ocpp1.6") as client:
        await boot(client)
        stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
        journal.broken = True
        node.connections["CS1"].enqueue(stream)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.02)
        # when it works again, the next command is sent
        journal.broken = False
        following = await request(node, "Reset", {"type": "Immediate"}, typed=True)
        node.connections["CS1"].enqueue(following)
        message_id, *_ = await asked(client)
        await client.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
        assert (await ended(node, following)).accepted
    assert await status(node, stream) is CommandStatus.REQUESTED


# Without the station


async def test_commands_asked_for_while_it_was_away_are_sent_in_order_when_it_connects(
    dial: Dial, node: Node, clock: Clock
) -> None:
    await register(node, "CS1")
    kinds = ("Heartbeat", "MeterValues", "StatusNotification")
    streams = []
    for day, kind in enumerate(kinds):
        typed = {"requestedMessage": kind, "evseId": 1}
        streams.append(await request(node, "TriggerMessage", typed, typed=True, expires_in=1e6))
        clock.advance(days=day)
    async with dial("CS1", "ocpp2.0.1") as client:
        for kind, stream in zip(kinds, streams, strict=True):
            message_id, _, payload = await asked(client)
            assert payload["requestedMessage"] == kind
            await client.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
            assert (await ended(node, stream)).accepted


@pytest.mark.parametrize("status", [None, "Rejected", "Pending", "Accepted"])
async def test_a_station_is_asked_only_when_its_boot_was_not_rejected(
    dial: Dial, node: Node, status: str | None
) -> None:
    await register(node, "CS1")
    if status:
        await record(
            node,
            Station.stream("CS1"),
            Station,
            lambda station: station.set_registration_status(RegistrationStatus(status), node.clock()),
        )
    if status:
        async with dial("CS1", "ocpp1.6") as client:
            await boot(client)
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    async with dial("CS1", "ocpp1.6") as client:
        if status != "Rejected":
            assert (await asked(client))[1] == "Reset"
        else:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.recv(), 0.05)
            assert (await load(node.journal, Command, stream)).status is CommandStatus.REQUESTED


async def test_a_rejected_station_is_asked_when_it_has_been_accepted(dial: Dial, node: Node) -> None:
    await register(node, "CS1")

    async def answer(status: RegistrationStatus) -> None:
        stream = Station.stream("CS1")
        await record(node, stream, Station, lambda station: station.set_registration_status(status, node.clock()))

    await answer(RegistrationStatus.REJECTED)
    async with dial("CS1", "ocpp1.6") as client:
        await boot(client)
        stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
        node.connections["CS1"].enqueue(stream)
        await answer(RegistrationStatus.ACCEPTED)
        node.connections["CS1"].session.station_stale = True
        await boot(client)
        assert (await asked(client))[1] == "Reset"


async def test_a_command_that_waited_too_long_expires_instead(dial: Dial, node: Node, clock: Clock) -> None:
    await register(node, "CS1")
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True, expires_in=60)
    clock.advance(seconds=60)
    async with dial("CS1", "ocpp1.6") as client:
        assert isinstance(await ended(node, stream), Command.Expired)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.02)


@pytest.mark.parametrize("moment", ["before it connects", "while it is connected"])
async def test_a_command_that_another_node_claimed_is_not_sent(moment: str, dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    if moment == "before it connects":
        await _claim(node, stream)
    async with dial("CS1", "ocpp1.6") as client:
        if moment == "while it is connected":
            message_id, *_ = await asked(client)  # this node was first
            node.connections["CS1"].enqueue(stream)  # and hears of it once more
            await client.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
            await ended(node, stream)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.05)
    assert sum(isinstance(event, Command.Sent) for event in events(node, stream)) == 1


async def test_of_two_nodes_that_claim_at_once_one_sends(dial: Dial, node: Node) -> None:
    """Both have read that it waits; the journal takes the first Sent and refuses the second."""
    await register(node, "CS1")
    journal = node.journal
    async with dial("CS1", "ocpp1.6") as client:
        await boot(client)
        stream = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
        stale = await load(journal, Command, stream)
        await _claim(node, stream)
        node.connections["CS1"].node.journal = Stale(journal, stream, stale)  # type: ignore[arg-type]
        node.connections["CS1"].enqueue(stream)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.05)
        node.journal = journal
        await client.send('[2,"1","Heartbeat",{}]')
        assert orjson.loads(await client.recv())[0] == 3
    assert sum(isinstance(event, Command.Sent) for event in events(node, stream)) == 1


async def _claim(node: Node, stream: str) -> None:
    command = await load(node.journal, Command, stream)
    now = node.clock()
    assert command.send(message_id="x", action="Reset", payload={}, protocol="ocpp1.6", answer_by=now, at=now)
    await node.journal.append([Entry(event) for event in command.collect_events()])  # type: ignore[arg-type]


class Stale:
    """A journal read a moment ago: one stream looks as it did then."""

    def __init__(self, journal: Any, stream: str, then: Command) -> None:
        self._journal, self._stream, self._version = journal, stream, then.version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def events(self, stream: str, after: int = 0) -> Any:
        found = await self._journal.events(stream, after)
        return found[: self._version - after] if stream == self._stream else found


# A secret is heard by the station alone


@pytest.mark.parametrize("taken", [True, False])
async def test_a_password_is_heard_by_the_station_and_stands_nowhere_in_the_journal(
    station: ClientConnection, node: Node, taken: bool
) -> None:
    password = "00ff3a" + "c4" * 17
    stream = await request(
        node, "ChangePassword", {"password": seal(node.pepper, "CS1", password)}, typed=True, at=node.clock()
    )
    message_id, action, payload = await asked(station)
    assert password in str(payload)
    response: dict[str, Any] = {"status": "Accepted" if taken else "Rejected"}
    if action == "SetVariables":
        [variable] = payload["setVariableData"]
        del variable["attributeValue"]
        response = {"setVariableResult": [{**variable, "attributeStatus": response["status"]}]}
    await station.send(orjson.dumps([3, message_id, response]).decode())
    answered = await ended(node, stream)
    assert answered.accepted is taken
    assert isinstance(node.journal, InMemoryJournal)
    assert password not in str(node.journal.recorded)
    assert password not in str(node.journal.evidence)
    [_, sent, _] = events(node, stream)
    assert sent.action == action


async def test_a_password_that_was_sealed_elsewhere_is_not_sent(station: ClientConnection, node: Node) -> None:
    stream = await request(node, "ChangePassword", {"password": seal(b"another", "CS1", "x" * 16)}, typed=True)
    failed = await ended(node, stream)
    assert isinstance(failed, Command.Failed)
    assert "pepper" in failed.error
