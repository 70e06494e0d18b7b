"""What an operator asks of a station, from the mutation to the station's answer and back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ocpp.exceptions import InternalError

from tests.endtoend.billing import BEGAN, FROM_WH
from tests.endtoend.conftest import Registered, register
from tests.endtoend.front_end import Api
from tests.endtoend.server import Server
from tests.endtoend.stations import NEVER, Station16, Station201, plugged_in

# The mutation and its input; what a 1.6 station hears of it, and what a 2.0.1 station does.
TYPED: dict[str, tuple[dict[str, Any], tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "remoteStart": (
        {"idToken": "T1", "evseId": 2},
        ("RemoteStartTransaction", {"idTag": "T1", "connectorId": 2}),
        ("RequestStartTransaction", {"idToken": {"idToken": "T1", "type": "ISO14443"}, "evseId": 2}),
    ),
    "reset": ({"type": "IMMEDIATE"}, ("Reset", {"type": "Hard"}), ("Reset", {"type": "Immediate"})),
    "unlockConnector": (
        {"evseId": 2},
        ("UnlockConnector", {"connectorId": 2}),
        ("UnlockConnector", {"evseId": 2, "connectorId": 1}),
    ),
    "changeAvailability": (
        {"operative": False, "evseId": 1},
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}),
        ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}),
    ),
    "triggerMessage": (
        {"requestedMessage": "StatusNotification", "evseId": 1},
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}),
    ),
}
FREE: dict[str, tuple[str, dict[str, Any]]] = {
    "1.6": ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}),
    "2.0.1": ("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"}),
}
NO_HANDLER = {"1.6": ("ClearCache", {}), "2.0.1": ("ClearCache", {})}


@pytest.mark.parametrize("name", TYPED)
async def test_an_everyday_command_is_said_in_the_words_of_the_version(
    server: Server, api: Api, registered: Registered, name: str
) -> None:
    input, *heard = TYPED[name]
    action, payload = heard[registered.kind is Station201]
    async with plugged_in(server, *registered) as station:
        accepted = await api.command(name, stationId=registered.id, **input)
        station.answers[action] = {"status": "UnlockFailed" if name == "unlockConnector" else "Rejected"}
        rejected = await api.command(name, stationId=registered.id, **input)
    for command, status in ((accepted, "ACCEPTED"), (rejected, "REJECTED")):
        assert (command["status"], command["error"], command["sentAction"]) == (status, None, action)
        assert command["sentAt"] <= command["answeredAt"]
    assert rejected["response"] == station.answers[action]
    assert [said for said, _ in station.heard] == [action, action]
    for _, said in station.heard:
        said.pop("remoteStartId", None)
        assert said == payload


async def test_a_transaction_is_stopped_by_its_id_or_by_the_one_its_station_knows(
    server: Server, api: Api, registered: Registered
) -> None:
    async with plugged_in(server, *registered) as station:
        message = station.starting("whoever", BEGAN, FROM_WH)
        transaction_id, _ = station.started(message, await station.say(message))
        found = await api.seen(
            "query($id: ID!, $now: String) { transactions(first: 1, filter: {stationId: $id}, atLeastPosition: $now)"
            " { nodes { id } } }",
            id=registered.id,
        )
        [node] = found["transactions"]["nodes"]
        for named in ({"id": node["id"]}, {"stationId": registered.id, "transactionId": transaction_id}):
            assert (await api.command("remoteStop", **named))["status"] == "ACCEPTED"
    if registered.kind is Station16:
        assert station.heard == [("RemoteStopTransaction", {"transactionId": int(transaction_id)})] * 2
    else:
        assert station.heard == [("RequestStopTransaction", {"transactionId": transaction_id})] * 2


async def test_any_action_can_be_asked_for_by_hand(server: Server, api: Api, registered: Registered) -> None:
    action, payload = FREE[registered.kind.version]
    async with plugged_in(server, *registered) as station:
        wish = {"stationId": registered.id, "action": action, "payload": payload}
        accepted = await api.command("requestCommand", **wish)
        station.answers[action] = {"status": "Rejected"}
        rejected = await api.command("requestCommand", **wish)
    assert station.heard == [(action, payload)] * 2
    assert (accepted["status"], accepted["response"]) == ("ACCEPTED", {"status": "Accepted"})
    assert (rejected["status"], rejected["response"]) == ("REJECTED", {"status": "Rejected"})


async def test_a_station_that_cannot_do_it_makes_it_an_error(server: Server, api: Api, registered: Registered) -> None:
    action, payload = FREE[registered.kind.version]
    unheard, nothing = NO_HANDLER[registered.kind.version]
    async with plugged_in(server, *registered) as station:
        ask = {"stationId": registered.id}
        station.answers[action] = InternalError("the relay is stuck")
        failed = await api.command("requestCommand", **ask, action=action, payload=payload)
        not_implemented = await api.command("requestCommand", **ask, action=unheard, payload=nothing)
        heard = len(station.heard)
        not_valid = await api.command("requestCommand", **ask, action=action, payload={"key": 7})
        unknown = await api.command("requestCommand", **ask, action="MakeCoffee", payload={})
        assert len(station.heard) == heard
        station.answers.clear()
        well = await api.command("requestCommand", **ask, action=action, payload=payload)
    commands = (failed, not_implemented, not_valid, unknown)
    assert [command["status"] for command in commands] == ["ERROR"] * 4
    assert failed["error"] == "InternalError: the relay is stuck"
    assert not_implemented["error"].startswith(("NotImplemented", "NotSupported"))
    assert not_valid["error"].startswith("not sent: ")
    assert unknown["error"].startswith("not sent: NotImplemented")
    assert (not_valid["sentAt"], unknown["sentAt"]) == (None, None)
    assert well["status"] == "ACCEPTED"


async def test_an_answer_that_is_not_valid_fails_the_command_alone(server: Server, api: Api) -> None:
    registered = await register(api, Station201)
    async with plugged_in(server, *registered) as station:
        station.route_map["Reset"]["_skip_schema_validation"] = True
        station.answers["Reset"] = {"status": "Perhaps"}
        command = await api.command("reset", stationId=registered.id)
        assert command["status"] == "ERROR"
        assert "Perhaps" in command["error"]
        await station.heartbeat()


async def test_commands_that_nobody_answers_or_that_reach_nobody_end_too(server: Server, api: Api) -> None:
    silent = [await register(api, kind) for kind in (Station16, Station201)]
    away, late = [await register(api, Station201) for _ in range(2)]
    waiting = {"waitSeconds": 30, "expiresInSeconds": 1}

    async def unanswered(registered: Registered) -> None:
        async with plugged_in(server, *registered) as station:
            station.answers["Reset"] = NEVER
            command = await api.command("reset", stationId=registered.id, waitSeconds=30)
            assert (command["status"], command["response"]) == ("TIMED_OUT", None)
            assert len(station.heard) == 1

    async def expired() -> None:
        command = await api.command("reset", stationId=away.id, **waiting)
        assert (command["status"], command["sentAt"]) == ("EXPIRED", None)

    async def too_late() -> None:
        command = await api.command("reset", stationId=late.id, **waiting | {"waitSeconds": 0})
        assert command["status"] == "REQUESTED"
        await asyncio.sleep(1.1)
        async with plugged_in(server, *late) as station:
            await api.until(
                lambda answer: answer["command"]["status"] == "EXPIRED",
                "query($id: ID!) { command(id: $id) { status } }",
                id=command["id"],
            )
            assert station.heard == []

    await asyncio.gather(*map(unanswered, silent), expired(), too_late())


async def test_a_command_waits_for_its_station(server: Server, api: Api, registered: Registered) -> None:
    command = await api.command("reset", stationId=registered.id, waitSeconds=0)
    assert command["status"] == "REQUESTED"
    async with plugged_in(server, *registered, boots=False):
        await api.until(
            lambda answer: answer["command"]["status"] == "ACCEPTED",
            "query($id: ID!) { command(id: $id) { status } }",
            id=command["id"],
        )


async def test_one_key_is_one_command_however_often_it_is_asked_for(
    server: Server, api: Api, registered: Registered
) -> None:
    async with plugged_in(server, *registered) as station:
        wish = {"stationId": registered.id, "type": "ON_IDLE", "idempotencyKey": "maintenance"}
        at_once = await asyncio.gather(*(api.command("reset", **wish) for _ in range(5)))
        later = await api.command("reset", **wish)
        other = await api.do("reset", **wish | {"type": "IMMEDIATE"})
    assert {command["id"] for command in (*at_once, later)} == {later["id"]}
    assert {command["status"] for command in (*at_once, later)} == {"ACCEPTED"}
    assert other["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(station.heard) == 1


async def test_commands_are_sent_one_after_the_other(server: Server, api: Api, registered: Registered) -> None:
    async with plugged_in(server, *registered) as station:
        asked = [api.command("unlockConnector", stationId=registered.id, evseId=n) for n in range(1, 11)]
        commands = await asyncio.gather(*asked)
    assert [command["status"] for command in commands] == ["ACCEPTED"] * 10
    assert len(station.heard) == 10


async def test_a_station_that_nobody_registered_cannot_be_asked(api: Api) -> None:
    payload = await api.do("reset", stationId="nobody")
    assert payload["error"] == {"code": "UNKNOWN_STATION", "field": "stationId"}
