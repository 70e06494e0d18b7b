"""What is asked of stations: durable, once, and followed to its end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from domain.events import Command
from domain.journal import load
from domain.streams import COMMAND
from tests.api.graphql.conftest import T0, Api
from tests.api.graphql.test_transactions import charge

REQUEST = """
mutation ($input: RequestCommandInput!) { requestCommand(input: $input) {
  command { id stationId action payload status response error requestedAt sentAt answeredAt expiresAt
    sentAction sentPayload }
  error { code message field } position } }
"""
OUTCOME = "command { id action payload status } error { code field } position"


async def request(api: Api, **input: Any) -> Any:
    given = {"stationId": "CS1", "action": "GetVariables", "payload": {"a": [1, None]}, "waitSeconds": 0} | input
    return (await api.ask(REQUEST, input=given))["requestCommand"]


async def streams(api: Api) -> list[str]:
    return list(await api.journal.streams_of(COMMAND, "CS1", 1000))


async def answer(api: Api, response: dict[str, Any], *, accepted: bool) -> None:
    """Be the node that holds the station's socket: claim the command that comes and answer it."""
    while not (found := await streams(api)):
        await asyncio.sleep(0.005)
    command = await load(api.journal, Command, found[0])
    later = T0 + timedelta(seconds=30)
    sent = {"message_id": "m1", "action": "Said", "payload": {"b": 1}, "protocol": "ocpp2.0.1", "answer_by": later}
    command.send(**sent, at=T0 + timedelta(seconds=1))
    await api.record(command)
    command.answer(response, accepted=accepted, at=T0 + timedelta(seconds=2))
    await api.record(command)


async def test_a_command_waits_in_the_journal_until_somebody_sends_it(api: Api) -> None:
    await api.register("CS1")
    asked = await request(api)
    command = asked["command"]
    assert asked["error"] is None
    assert (command["stationId"], command["action"], command["payload"]) == ("CS1", "GetVariables", {"a": [1, None]})
    assert (command["status"], command["sentAt"], command["answeredAt"], command["response"]) == (
        "REQUESTED",
        None,
        None,
        None,
    )
    recorded = await load(api.journal, Command, (await streams(api))[0])
    assert (recorded.typed, recorded.payload) == (False, {"a": [1, None]})
    again = await api.ask("query ($id: ID!) { command(id: $id) { id station { id } } }", id=command["id"])
    assert again == {"command": {"id": command["id"], "station": {"id": "CS1"}}}


async def test_the_outcome_is_waited_for_and_read_back(api: Api) -> None:
    await api.register("CS1")
    started = monotonic()
    asked, _ = await asyncio.gather(request(api, waitSeconds=20), answer(api, {"status": "Accepted"}, accepted=True))
    assert monotonic() - started < 5
    command = asked["command"]
    assert (command["status"], command["response"]) == ("ACCEPTED", {"status": "Accepted"})
    assert (command["sentAction"], command["sentPayload"]) == ("Said", {"b": 1})
    assert command["sentAt"] == "2026-11-20T08:00:01+00:00"
    assert command["answeredAt"] == "2026-11-20T08:00:02+00:00"
    page = await api.ask(
        'query { commands(first: 5, filter: {status: ACCEPTED, action: "GetVariables"}) { nodes { id } } }'
    )
    assert page == {"commands": {"nodes": [{"id": command["id"]}]}}


async def test_a_wait_ends_in_time(api: Api) -> None:
    await api.register("CS1")
    started = monotonic()
    asked = await request(api, waitSeconds=0.5)
    assert 0.5 <= monotonic() - started < 3
    assert asked["command"]["status"] == "REQUESTED"


async def test_equal_requests_at_once_are_one_command(api: Api) -> None:
    await api.register("CS1")
    asked = await asyncio.gather(*(request(api, idempotencyKey="key") for _ in range(30)))
    assert len({one["command"]["id"] for one in asked}) == 1
    assert len(await streams(api)) == 1
    other = await request(api, idempotencyKey="key 2")
    assert len(await streams(api)) == 2
    assert other["command"]["id"] > asked[0]["command"]["id"]


async def test_equal_requests_are_one_command_whatever_process_takes_them_and_whatever_the_day(
    api: Api, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import api.graphql.requesting as requesting

    await api.register("CS1")
    days = iter([T0, T0 + timedelta(days=1), *[T0 + timedelta(days=2)] * 50])
    object.__setattr__(api.services, "clock", lambda: next(days))
    # Without the queue in front, each request is as if it came to another process.
    monkeypatch.setattr(requesting, "_locks", _NoLocks())
    asked = await asyncio.gather(*(request(api, idempotencyKey="key") for _ in range(6)))
    assert len({one["command"]["id"] for one in asked}) == 1
    assert len(await streams(api)) == 1


class _NoLocks:
    def setdefault(self, _: str, lock: asyncio.Lock) -> asyncio.Lock:
        return lock


async def test_a_key_used_for_something_else_is_refused(api: Api) -> None:
    await api.register("CS1")
    await api.register("CS2")
    await request(api, idempotencyKey="key")
    for other in ({"action": "SetVariables"}, {"payload": {}}):
        refused = await request(api, idempotencyKey="key", **other)
        assert (refused["error"]["code"], refused["command"]) == ("IDEMPOTENCY_KEY_REUSED", None)
    elsewhere = await request(api, idempotencyKey="key", stationId="CS2")
    assert elsewhere["error"] is None


async def test_requests_without_key_are_each_a_command_youngest_first(api: Api) -> None:
    await api.register("CS1")
    ids = [(await request(api))["command"]["id"] for _ in range(3)]
    page = await api.ask(
        '{ commands(first: 2, filter: {stationId: "CS1"}) { nodes { id } pageInfo { hasNextPage endCursor } } }'
    )
    assert [node["id"] for node in page["commands"]["nodes"]] == [ids[2], ids[1]]
    rest = await api.ask(
        "query ($a: String) { commands(first: 2, after: $a) { nodes { id } } }",
        a=page["commands"]["pageInfo"]["endCursor"],
    )
    assert [node["id"] for node in rest["commands"]["nodes"]] == [ids[0]]


async def test_bad_requests_are_refused_and_leave_nothing(api: Api) -> None:
    await api.register("CS1")
    deep: Any = {}
    for _ in range(30):
        deep = {"a": deep}
    for given, field in [
        ({"action": ""}, "action"),
        ({"action": "a b"}, "action"),
        ({"action": "x" * 65}, "action"),
        ({"payload": []}, "payload"),
        ({"payload": "{}"}, "payload"),
        ({"payload": deep}, "payload"),
        ({"waitSeconds": -1}, "waitSeconds"),
        ({"waitSeconds": 61}, "waitSeconds"),
        ({"expiresInSeconds": 0}, "expiresInSeconds"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
        ({"idempotencyKey": "a\x00"}, "idempotencyKey"),
    ]:
        refused = await request(api, **given)
        assert (refused["error"]["code"], refused["error"]["field"]) == ("BAD_INPUT", field), given
    unknown = await request(api, stationId="nobody")
    assert (unknown["error"]["code"], unknown["error"]["field"]) == ("UNKNOWN_STATION", "stationId")
    assert await streams(api) == []


async def test_the_everyday_commands_say_what_the_station_side_expects(api: Api) -> None:
    await api.register("CS1")
    for mutation, action, payload in [
        (
            "unlockConnector(input: {stationId: $s, waitSeconds: 0, evseId: 2})",
            "UnlockConnector",
            {"evseId": 2, "connectorId": 1},
        ),
        ("reset(input: {stationId: $s, waitSeconds: 0})", "Reset", {"type": "OnIdle"}),
        (
            "reset(input: {stationId: $s, waitSeconds: 0, type: IMMEDIATE, evseId: 1})",
            "Reset",
            {"type": "Immediate", "evseId": 1},
        ),
        (
            "changeAvailability(input: {stationId: $s, waitSeconds: 0, operative: false})",
            "ChangeAvailability",
            {"operationalStatus": "Inoperative"},
        ),
        (
            "changeAvailability(input: {stationId: $s, waitSeconds: 0, operative: true, evseId: 1, connectorId: 2})",
            "ChangeAvailability",
            {"operationalStatus": "Operative", "evseId": 1, "connectorId": 2},
        ),
        (
            'triggerMessage(input: {stationId: $s, waitSeconds: 0, requestedMessage: "MeterValues", evseId: 1})',
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "evseId": 1},
        ),
        (
            'remoteStop(input: {stationId: $s, transactionId: "42", waitSeconds: 0})',
            "RequestStopTransaction",
            {"transactionId": "42"},
        ),
    ]:
        (outcome,) = (await api.ask(f"mutation ($s: ID!) {{ {mutation} {{ {OUTCOME} }} }}", s="CS1")).values()
        assert outcome["error"] is None
        assert (outcome["command"]["action"], outcome["command"]["payload"]) == (action, payload)
        assert (await load(api.journal, Command, (await streams(api))[0])).typed


async def test_a_remote_start_draws_its_id_and_a_repetition_is_the_same_command(api: Api) -> None:
    await api.register("CS1")
    start = f"""mutation ($k: String) {{ remoteStart(input: {{
        stationId: "CS1", evseId: 1, idToken: "04AB", idempotencyKey: $k, waitSeconds: 0}}) {{ {OUTCOME} }} }}"""
    first = (await api.ask(start, k="tap 1"))["remoteStart"]["command"]
    assert first["action"] == "RequestStartTransaction"
    drawn = first["payload"].pop("remoteStartId")
    assert 1 <= drawn <= 2**31 - 1
    assert first["payload"] == {"idToken": "04AB", "idTokenType": "ISO14443", "evseId": 1}
    again = (await api.ask(start, k="tap 1"))["remoteStart"]["command"]
    assert (again["id"], again["payload"]["remoteStartId"]) == (first["id"], drawn)
    third = (await api.ask(start, k=None))["remoteStart"]["command"]
    assert third["payload"]["remoteStartId"] != drawn


async def test_a_transaction_is_stopped_by_its_own_id(api: Api) -> None:
    await api.register("CS1")
    position = await charge(api, "CS1", "tx/1", ended=False)
    await api.ask('query ($p: String) { transaction(id: "x", atLeastPosition: $p) { id } }', p=position)
    stop = f"mutation ($i: RemoteStopInput!) {{ remoteStop(input: $i) {{ {OUTCOME} }} }}"
    told = (await api.ask(stop, i={"id": "CS1/tx%2F1", "waitSeconds": 0}))["remoteStop"]
    assert told["command"]["payload"] == {"transactionId": "tx/1"}
    unknown = (await api.ask(stop, i={"id": "CS1/2", "waitSeconds": 0}))["remoteStop"]
    assert unknown["error"] == {"code": "UNKNOWN_TRANSACTION", "field": "id"}
    for wrong in ({}, {"stationId": "CS1"}, {"transactionId": "1"}, {"id": "a", "stationId": "CS1"}):
        refused = (await api.ask(stop, i={"waitSeconds": 0, **wrong}))["remoteStop"]
        assert refused["error"]["code"] == "BAD_INPUT"
