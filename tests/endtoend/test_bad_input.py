"""What nobody should send, over real sockets: a clear answer or the silence of the standard, and life goes on."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.endtoend.billing import BEGAN, ENDED, FROM_WH, TO_WH, looked_up
from tests.endtoend.conftest import Registered
from tests.endtoend.front_end import Api
from tests.endtoend.server import Server
from tests.endtoend.stations import Station16, plugged_in

DEEP, BIG = 100_000, 1024 * 1024
BOOT = {
    "1.6": {"chargePointVendor": "Acme", "chargePointModel": "Raw"},
    "2.0.1": {"chargingStation": {"vendorName": "Acme", "model": "Raw"}, "reason": "PowerUp"},
}
# A frame, and what it is answered in 1.6 and in 2.0.1: id and error code, None for silence.
Answer = tuple[str, str] | None
UNREADABLE: tuple[Answer, Answer] = (None, ("-1", "RpcFrameworkError"))
FORMAT: tuple[Answer, Answer] = (("x", "FormationViolation"), ("x", "FormatViolation"))
TYPE: tuple[Answer, Answer] = (("x", "TypeConstraintViolation"),) * 2
FRAMES: dict[str, tuple[str, Answer, Answer]] = {
    "nothing": ("", *UNREADABLE),
    "no JSON": ("hello", *UNREADABLE),
    "JSON that was cut off": ('[2,"x","Heartbeat",{', *UNREADABLE),
    "a missing value": ('[2,"x","DataTransfer",{"vendorId":,"data":1}]', *UNREADABLE),
    "an object": ('{"a":1}', *UNREADABLE),
    "an id that is a number": ('[2,7,"Heartbeat",{}]', *UNREADABLE),
    "a lone surrogate": ('[2,"x","DataTransfer",{"vendorId":"\\ud800"}]', *UNREADABLE),
    "100,000 levels": ('[2,"x","DataTransfer",{"vendorId":"v","data":' + "[" * DEEP + "]" * DEEP + "}]", *UNREADABLE),
    "a bare NUL": ('[2,"x","DataTransfer",{"vendorId":"a\0b"}]', *UNREADABLE),
    "a NUL": ('[2,"x","DataTransfer",{"vendorId":"a\\u0000b"}]', *FORMAT),
    "no payload": ('[2,"x","Heartbeat"]', *FORMAT),
    "a list for a payload": ('[2,"x","Heartbeat",[]]', *FORMAT),
    "a field too many": ('[2,"x","Heartbeat",{"hello":1}]', *FORMAT),
    "a field of another type": ('[2,"x","DataTransfer",{"vendorId":7}]', *TYPE),
    "a field that is null": ('[2,"x","DataTransfer",{"vendorId":null}]', *TYPE),
    "a field too few": (
        '[2,"x","DataTransfer",{}]',
        ("x", "OccurenceConstraintViolation"),
        ("x", "OccurrenceConstraintViolation"),
    ),
    "a text too long": (
        f'[2,"x","DataTransfer",{{"vendorId":"{"v" * 300}"}}]',
        ("x", "PropertyConstraintViolation"),
        ("x", "PropertyConstraintViolation"),
    ),
    "an unknown action": ('[2,"x","MakeCoffee",{}]', ("x", "NotImplemented"), ("x", "NotImplemented")),
    "what only a server says": ('[2,"x","Reset",{"type":"Soft"}]', ("x", "NotSupported"), ("x", "NotSupported")),
    "an unknown message type": ('[9,"x","Heartbeat",{}]', None, ("x", "MessageTypeNotSupported")),
    "a result of nothing": ('[3,"x",{"status":"Accepted"}]', None, None),
    "an error of nothing": ('[4,"x","InternalError","",{}]', None, None),
    "an error without a code": ('[4,"x"]', None, None),
}


@asynccontextmanager
async def wired(server: Server, registered: Registered) -> AsyncIterator[ClientConnection]:
    """A bare socket of a station that has booted."""
    kind, name, password = registered
    basic = f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"
    async with connect(
        f"{server.ocpp}/{name}",
        subprotocols=[f"ocpp{kind.version}"],
        additional_headers={"Authorization": basic},
        proxy=None,
        ping_interval=None,
    ) as socket:
        await socket.send(json.dumps([2, "boot", "BootNotification", BOOT[kind.version]]))
        assert json.loads(await socket.recv())[2]["status"] == "Accepted"
        yield socket


async def works(socket: ClientConnection, message_id: str = "well") -> None:
    """The next that comes is the answer to a heartbeat: whatever was sent before is answered, or never will be."""
    await socket.send(f'[2,"{message_id}","Heartbeat",{{}}]')
    kind, answered, payload = json.loads(await asyncio.wait_for(socket.recv(), 20))
    assert (kind, answered, list(payload)) == (3, message_id, ["currentTime"])


async def test_a_frame_that_cannot_be_served_is_answered_as_the_standard_says(
    server: Server, api: Api, registered: Registered
) -> None:
    async with wired(server, registered) as socket:
        for name, (frame, *expected) in FRAMES.items():
            await socket.send(frame)
            answer = expected[registered.kind is not Station16]
            if answer is not None:
                kind, message_id, code, description, details = json.loads(await asyncio.wait_for(socket.recv(), 20))
                assert (kind, message_id, code) == (4, *answer), name
                assert 0 < len(description) <= 255, name
                assert details == {}, name
            await works(socket)
    found = await api.seen(
        "query($id: ID!, $now: String) { events(first: 100, filter: {stationId: $id, types:"
        ' ["day.message-refused"]}, atLeastPosition: $now) { nodes { evidence } } }',
        id=registered.id,
    )
    kept = {node["evidence"]["request"] for node in found["events"]["nodes"]}
    assert {frame for frame, answer, _ in FRAMES.values() if answer is not None} <= kept


async def test_a_message_that_is_too_big_closes_the_connection_and_no_more(
    server: Server, registered: Registered
) -> None:
    async with wired(server, registered) as socket:
        await socket.send(f'[2,"x","DataTransfer",{{"vendorId":"v","data":"{"d" * BIG}"}}]')
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    async with wired(server, registered) as socket:
        await works(socket)


async def test_a_binary_message_closes_the_connection_and_no_more(server: Server, registered: Registered) -> None:
    async with wired(server, registered) as socket:
        await socket.send(b'[2,"x","Heartbeat",{}]')
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003
    async with wired(server, registered) as socket:
        await works(socket)


async def test_calls_with_an_id_that_is_in_flight_are_each_answered_once(
    server: Server, registered: Registered
) -> None:
    async with wired(server, registered) as socket:
        for _ in range(20):
            await socket.send('[2,"same","Heartbeat",{}]')
        answers = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(20)]
        refused = [answer[2] for answer in answers if answer[0] == 4]
        assert {answer[1] for answer in answers} == {"same"}
        assert len(refused) < len(answers)
        assert set(refused) <= {"ProtocolError" if registered.kind is Station16 else "RpcFrameworkError"}
        await works(socket, "same")


async def test_calls_sent_ahead_of_their_answers_are_answered_in_order(server: Server, registered: Registered) -> None:
    async with wired(server, registered) as socket:
        for n in range(200):
            await socket.send(f'[2,"{n}","Heartbeat",{{}}]')
        answers = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(200)]
    assert [(answer[0], answer[1]) for answer in answers] == [(3, str(n)) for n in range(200)]


async def test_an_answer_to_nothing_settles_no_command(server: Server, api: Api, registered: Registered) -> None:
    async with wired(server, registered) as socket:
        asked = asyncio.create_task(api.command("reset", stationId=registered.id))
        call = json.loads(await asyncio.wait_for(socket.recv(), 20))
        await socket.send('[3,"another",{"status":"Rejected"}]')
        await socket.send(f'[3,"{call[1]}",{{"status":"Accepted"}}]')
        await socket.send(f'[3,"{call[1]}",{{"status":"Rejected"}}]')
        assert (await asked)["status"] == "ACCEPTED"
        await works(socket)


async def test_a_second_socket_takes_over_while_the_first_misbehaves(server: Server, registered: Registered) -> None:
    async with wired(server, registered) as first:
        for _ in range(10):
            await first.send("hello")
        async with wired(server, registered) as second:
            await asyncio.wait_for(first.wait_closed(), 20)
            await works(second)


async def test_money_survives_bad_company(server: Server, api: Api, registered: Registered) -> None:
    async with plugged_in(server, *registered) as station:
        message = station.starting("whoever", BEGAN, FROM_WH)
        transaction_id, _ = station.started(message, await station.say(message))
        for frame, *_ in FRAMES.values():
            await station.socket.send(frame)
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
    assert (await looked_up(api, registered.id, transaction_id))["energyWh"] == TO_WH - FROM_WH


# GraphQL

DOCUMENTS: dict[str, str] = {
    "a page of nothing": "{ stations(first: 0) { nodes { id } } }",
    "a page below nothing": "{ stations(first: -1) { nodes { id } } }",
    "a page too big": "{ stations(first: 101) { nodes { id } } }",
    "a page beyond numbers": f"{{ stations(first: {10**30}) {{ nodes {{ id }} }} }}",
    "a page without a size": "{ stations { nodes { id } } }",
    "an unknown field": "{ stations(first: 1) { nodes { id password } } }",
    "an unknown query": "{ users { id } }",
    "an unknown mutation": "mutation { dropEverything { id } }",
    "an unknown argument": '{ station(id: "x", name: "y") { id } }',
    "a cursor of another list": '{ stations(first: 1, after: "!!!") { nodes { id } } }',
    "a cursor with a NUL": '{ stations(first: 1, after: "YQBi") { nodes { id } } }',
    "a position that is none": '{ events(first: 1, after: "-1") { nodes { position } } }',
    "a position from the future": '{ events(first: 1, after: "99999999999999999999") { nodes { position } } }',
    "a state that is none": "{ transactions(first: 1, filter: {state: MAYBE}) { nodes { id } } }",
    "a time that is none": (
        'mutation { setIdToken(input: {idToken: "x", status: Accepted, expiresAt: "soon"}) { position } }'
    ),
    "a status that is none": 'mutation { setIdToken(input: {idToken: "x", status: Perhaps}) { position } }',
    "nothing": "",
    "no document": "hello {",
    "100,000 levels": "{" * DEEP,
    "levels": "{ stations(first: 1) " + "{ nodes { station " * 12 + "{ id }" + " } }" * 12 + " }",
    "a circle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "doubling fragments": "{ ...F0 }"
    + "".join(f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    + " fragment F40 on Query { stations(first: 100) { nodes { id } } }",
    "many aliases": "{" + " ".join(f'a{n}: station(id: "x") {{ id }}' for n in range(200)) + "}",
    "too many objects": (
        "{ stations(first: 100) { nodes { transactions(first: 100) { nodes"
        " { meterValues(first: 100) { nodes { at } } } } } } }"
    ),
}
NOTHING_THERE = {
    "station": '{ it: station(id: "nobody") { id } }',
    "transaction": '{ it: transaction(id: "no/thing") { id } }',
    "transaction without a slash": '{ it: transaction(id: "%%%") { id } }',
    "command": '{ it: command(id: "no/thing") { id } }',
    "token": '{ it: idToken(id: "never set") { id } }',
    "an empty id": '{ it: station(id: "") { id } }',
    "an id with quotes": """{ it: station(id: "'; DROP TABLE stored_events; --") { id } }""",
    "a long id": f'{{ it: station(id: "{"x" * 5000}") {{ id }} }}',
}
REFUSED = {
    "registerStation": {"stationId": ""},
    "defineTariff": {"tariffId": "t", "currency": "gold", "elements": []},
    "assignTariff": {"tariffId": "no such tariff", "stationId": "nobody"},
    "setRegistrationStatus": {"stationId": "nobody", "status": "PENDING"},
    "remoteStart": {"stationId": "nobody", "idToken": "x"},
    "remoteStop": {"id": "no/thing"},
    "requestCommand": {"stationId": "nobody", "action": "../etc", "payload": {}},
    "unlockConnector": {"stationId": "nobody", "evseId": -1},
    "reset": {"stationId": "nobody", "waitSeconds": 1e308},
}


def explained(response: httpx.Response) -> None:
    """Refused with words that say why, and nothing that looks like a failure of ours."""
    assert response.status_code in (200, 400), response.text[:500]
    errors = response.json()["errors"]
    assert errors, response.text[:500]
    for error in errors:
        assert error["message"]
        assert error.get("extensions", {}).get("code") not in ("INTERNAL", "UNAVAILABLE"), error
        assert "Traceback" not in error["message"]


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_asks_for_what_is_not_allowed_is_explained(api: Api, name: str) -> None:
    explained(await asyncio.wait_for(api.post(DOCUMENTS[name]), 10))


@pytest.mark.parametrize("name", NOTHING_THERE)
async def test_what_is_not_there_is_null(api: Api, name: str) -> None:
    assert await api.ask(NOTHING_THERE[name]) == {"it": None}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_mutation_says_what_is_wrong_with_its_input(api: Api, name: str) -> None:
    payload = await api.do(name, **REFUSED[name])
    assert payload["error"]["code"]
    assert payload["position"] is None


@pytest.mark.parametrize("text", ["a\0b", "\x1b[2J", "\ud800", " " * 10_000, "ł" * 300])
async def test_a_text_that_nobody_could_write_down_is_refused(api: Api, text: str) -> None:
    body = json.dumps({  # JSON can say what UTF-8 cannot
        "query": "mutation($s: ID!) { it: registerStation(input: {stationId: $s}) { position error { code } } }",
        "variables": {"s": text},
    })  # fmt: skip
    response = await api.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (200, 400), response.text
    answer = response.json()
    assert answer.get("errors") or answer["data"]["it"]["error"]["code"] == "BAD_INPUT"


async def post(api: Api, content: bytes, kind: str = "application/json") -> httpx.Response:
    return await api.http.post("/graphql", content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"{ a }"',
        b"{}",
        b'{"query": 7}',
        b'{"query": null}',
        b'{"query": "{ __typename }", "variables": 7}',
        b'{"query": "{ __typename }", "operationName": 7}',
        b"[" * DEEP + b"]" * DEEP,
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * DEEP + b"]" * DEEP + b"}}",
        b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
        b'{"query": "\xff\xfe"}',
    ],
)
async def test_a_body_that_holds_no_request_is_refused(api: Api, content: bytes) -> None:
    response = await post(api, content)
    assert (response.status_code, bool(response.json()["errors"][0]["message"])) == (400, True)


async def test_a_request_in_another_form_is_refused(api: Api) -> None:
    question = b'{"query": "{ stations(first: 1) { nodes { id } } }"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png"):
        assert (await post(api, question, kind)).status_code in (400, 415), kind
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await api.http.request(method, "/graphql", content=question)).status_code == 405
    refused = await api.http.get("/graphql", params={"query": "{ stations(first: 1) { nodes { id } } }"})
    assert "nodes" not in refused.text or refused.headers["content-type"].startswith("text/html")
    assert (await api.http.get("/nowhere")).status_code == 404


@pytest.mark.parametrize("told", [True, False], ids=["that says so", "without an end"])
async def test_a_body_that_is_too_big_is_cut_off(api: Api, told: bool) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1024):
            yield b" " * 4096

    body = b'{"query": "' + b" " * BIG + b'"}' if told else endless()
    try:
        response = await api.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 413
    except httpx.TransportError:
        pass  # the connection was closed while it was being sent, and the answer went with it
    assert (await api.http.get("/health/ready")).is_success


async def last_word(api: Api, message: str) -> int | dict[str, Any]:
    """What a subscriber is told for a message: something, or the code that its socket is closed with."""
    async with api.socket() as socket:
        await socket.send(message)
        try:
            told: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        return told


async def test_a_subscriber_s_message_that_no_parser_takes_is_explained(own_server: Callable[..., Server]) -> None:
    async with Api(server := own_server()) as api:
        told = [
            await last_word(api, "[]"),
            await last_word(api, '{"type":"subscribe","id":"1","payload":{"query":7}}'),
            await last_word(api, '{"type":"subscribe","id":"1","payload":{"query":"subscription {"}}'),
        ]
    assert [word["type"] if isinstance(word, dict) else word for word in told] == [4400, 4400, "error"]
    assert '"level": "error"' not in server.log


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", 4400),
        ("7", 4400),
        ('{"type":"what"}', 4400),
        ('{"type":"subscribe"}', 4400),
        ('{"type":"subscribe","id":"1","payload":{}}', 4400),
        ('{"type":"connection_init"}', 4429),
        ('{"type":"subscribe","id":"1","payload":{"query":"subscription { nothing }"}}', "error"),
        (
            '{"type":"subscribe","id":"1","payload":{"query":"subscription { events(after: \\"x\\") { type } }"}}',
            "next",
        ),
    ],
)
async def test_a_subscriber_s_bad_message_is_explained_or_ends_its_socket(
    api: Api, message: str, code: int | str
) -> None:
    told = await last_word(api, message)
    if isinstance(told, dict):
        errors = told["payload"]["errors"] if told["type"] == "next" else told["payload"]
        assert errors[0]["message"]
        told = told["type"]
    assert told == code
    assert (await api.http.get("/health/ready")).is_success
