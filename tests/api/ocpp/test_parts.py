"""Requests that a station takes only in parts, from the cutting to the outcome of the one command that they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection

from api.ocpp import parts
from api.ocpp.feed import follow_journal
from api.ocpp.node import Node
from api.ocpp.parts import divided, parts_of
from domain.command import Command, CommandStatus
from domain.configuration import ConfigurationBook
from domain.events import Station
from domain.station import MessageLimit
from tests.api.ocpp.line import BY_NAME, Clock, record, register
from tests.api.ocpp.test_commands import Dial, asked, boot, events, request, status

V201 = BY_NAME["2.0.1"]
NOW = Clock()()
THREE: dict[str, Any] = {"variables": [{"component": "C", "variable": name, "value": "1"} for name in "ABC"]}


def takes(items: int | None = None, size: int | None = None, instance: str | None = "SetVariables") -> Station:
    station = Station.blank(Station.stream("CS1"))
    limit = MessageLimit("devicedatactrlr", instance.casefold() if instance else None, items, size)
    station.report_limit(limit, NOW)
    return station


def data(count: int, length: int = 1) -> dict[str, Any]:
    one = {"component": {"name": "C"}, "variable": {"name": "V"}, "attributeValue": "x" * length}
    return {"setVariableData": [one] * count}


def cut(station: Station, payload: dict[str, Any], action: str = "SetVariables") -> list[int]:
    return [len(part["setVariableData"]) for part in parts_of(V201, action, payload, station)]


@pytest.mark.parametrize(
    ("items", "count", "expected"),
    [(None, 9, [9]), (4, 4, [4]), (4, 5, [4, 1]), (4, 9, [4, 4, 1]), (1, 2, [1, 1])],
)
def test_no_part_has_more_items_than_the_station_takes(items: int | None, count: int, expected: list[int]) -> None:
    assert cut(takes(items), data(count)) == expected


def test_no_part_has_more_bytes_than_the_station_takes() -> None:
    payload, station = data(20, 100), takes(None, 700)
    found = parts_of(V201, "SetVariables", payload, station)
    assert [item for part in found for item in part["setVariableData"]] == payload["setVariableData"]
    frames = [len(orjson.dumps([2, "m" * 36, "SetVariables", part])) for part in found]
    assert max(frames) <= 700
    assert len(found) < 20
    assert cut(takes(2, 700), payload) == [2] * 10


def test_an_item_that_is_too_long_by_itself_goes_alone() -> None:
    assert cut(takes(None, 100), data(3, 500)) == [1, 1, 1]


def test_the_limit_of_another_kind_of_message_does_not_count() -> None:
    assert cut(takes(1, instance="GetVariables"), data(3)) == [3]
    assert cut(takes(1, instance=None), data(3)) == [3]


def test_what_is_not_known_to_be_divided_goes_at_once() -> None:
    assert parts_of(V201, "Reset", {"type": "OnIdle"}, takes(1)) == [{"type": "OnIdle"}]


@pytest.fixture
async def client(dial: Dial, node: Node) -> AsyncIterator[ClientConnection]:
    """A 2.0.1 station that takes two variables at a time."""
    await register(node, "CS1")
    limit = MessageLimit("devicedatactrlr", "setvariables", 2)
    await record(node, Station.stream("CS1"), Station, lambda station: station.report_limit(limit, node.clock()))
    feed = asyncio.create_task(follow_journal(node, await node.journal.head()))
    async with dial("CS1", "ocpp2.0.1") as client:
        await boot(client)
        yield client
    feed.cancel()
    with suppress(asyncio.CancelledError):
        await feed


async def answer(client: ClientConnection, *statuses: str) -> list[str]:
    """Answer the next part; returns the names of its variables."""
    message_id, action, payload = await asked(client)
    assert action == "SetVariables"
    items = payload["setVariableData"]
    results = [
        {"component": item["component"], "variable": item["variable"], "attributeStatus": told}
        for item, told in zip(items, statuses, strict=True)
    ]
    await client.send(orjson.dumps([3, message_id, {"setVariableResult": results}]).decode())
    return [item["variable"]["name"] for item in items]


async def over(node: Node, stream: str) -> CommandStatus | None:
    async with asyncio.timeout(5):
        while (now := await status(node, stream)) in (CommandStatus.REQUESTED, CommandStatus.SENT):
            await asyncio.sleep(0.005)
    return now


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (("Accepted", "Accepted"), "Accepted", CommandStatus.ACCEPTED),
        (("Accepted", "Rejected"), "Accepted", CommandStatus.REJECTED),
        (("Accepted", "Accepted"), "Rejected", CommandStatus.REJECTED),
    ],
)
async def test_a_command_in_parts_is_one_command(
    first: tuple[str, str], second: str, outcome: CommandStatus, client: ClientConnection, node: Node
) -> None:
    stream = await request(node, "SetVariables", THREE, typed=True)
    assert await answer(client, *first) == ["A", "B"]
    assert await answer(client, second) == ["C"]
    assert await over(node, stream) == outcome
    told = events(node, stream)
    assert [type(event) for event in told] == [
        *(Command.Requested, Command.Sent, Command.PartAnswered),
        *(Command.PartSent, Command.Answered),
    ]
    assert told[1].parts == 2
    assert len({told[1].message_id, told[3].message_id}) == 2
    noted = events(node, ConfigurationBook.stream("CS1", node.clock().date()))
    assert [(event.variable.name, event.outcome) for event in noted] == list(zip("ABC", [*first, second], strict=True))


async def test_a_part_that_fails_ends_the_command(client: ClientConnection, node: Node) -> None:
    stream = await request(node, "SetVariables", THREE, typed=True)
    message_id, _, _ = await asked(client)
    await client.send(f'[4,"{message_id}","InternalError","",{{}}]')
    assert await over(node, stream) is CommandStatus.ERROR
    reset = await request(node, "Reset", {"type": "OnIdle"}, typed=True)
    message_id, action, _ = await asked(client)
    assert action == "Reset"
    await client.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    assert await over(node, reset) is CommandStatus.ACCEPTED


async def test_parts_in_order_end_with_one_that_is_refused(
    client: ClientConnection, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "DIVISIONS", {})
    divided(
        "SetVariables",
        "2.0.1",
        list_key="setVariableData",
        component="DeviceDataCtrlr",
        instance="SetVariables",
        in_order=True,
    )
    stream = await request(node, "SetVariables", THREE, typed=True)
    await answer(client, "Accepted", "Rejected")
    assert await over(node, stream) is CommandStatus.REJECTED
    assert not any(isinstance(event, Command.PartSent) for event in events(node, stream))


async def test_what_is_said_by_hand_goes_as_it_is(client: ClientConnection, node: Node) -> None:
    await request(node, "SetVariables", data(3))
    _, _, payload = await asked(client)
    assert payload == data(3)
