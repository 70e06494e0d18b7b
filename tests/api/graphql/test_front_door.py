"""Who gets in, and what floods and strangers get."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest
from graphql import get_introspection_query
from structlog.testing import capture_logs

from api.graphql.router import bearer
from projections.availability import availability
from tests.api.graphql.conftest import KEY, Api

TYPENAME = {"query": "{ __typename }"}


async def test_queries_and_mutations_need_the_key(api: Api) -> None:
    mutation = {"query": 'mutation { registerStation(input: {stationId: "CS1"}) { password } }'}
    for header in ("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer ÿ"):
        for body in (TYPENAME, mutation):
            headers = {"Authorization": header.encode("latin-1")}
            answer = await api.client.post("/graphql", json=body, headers=headers)
            assert answer.status_code == 401, header
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "data" not in answer.json()
    assert await api.journal.head() == 0
    for header in (f"Bearer {KEY}", f"bearer  {KEY} "):
        answer = await api.client.post("/graphql", json=TYPENAME, headers={"Authorization": header})
        assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_key_is_what_follows_bearer() -> None:
    assert bearer("Bearer abc") == bearer("BEARER abc ") == "abc"
    assert bearer(None) is bearer("") is bearer("abc") is bearer("Bearer") is bearer(17) is None


async def test_the_explorer_loads_without_key_and_queries_by_get_are_refused(api: Api) -> None:
    page = await api.client.get("/graphql", headers={"Accept": "text/html", "Authorization": ""})
    assert page.status_code == 200
    assert "GraphiQL" in page.text
    for query in ("{ __typename }", 'mutation { registerStation(input: {stationId: "CS1"}) { password } }'):
        answer = await api.client.get("/graphql", params={"query": query})
        assert answer.status_code == 400
        assert "data" not in answer.json()
    assert await api.journal.head() == 0


async def test_other_content_types_are_refused_so_that_no_form_of_another_site_gets_in(api: Api) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = await api.client.post("/graphql", content=json.dumps(TYPENAME), headers={"Content-Type": kind})
        assert answer.status_code == 400, kind


async def test_bodies_that_are_no_request_are_refused_without_a_trace(api: Api) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    bodies = [b"", b"{", b"null", b"1", b'"x"', b"[]", b"[1]", b"{}", b'{"query": 1}', b'{"query": null}', b"\xff\xfe"]
    bodies += [
        deep,
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query":"{ __typename }","variables":' + deep + b"}",
    ]
    bodies += [b'{"query": "' + b"{a" * 20_000 + b'"}', json.dumps([TYPENAME] * 100).encode()]
    for body in bodies:
        answer = await api.client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400 or answer.json().get("errors"), body[:60]
        assert answer.status_code < 500
        assert "Traceback" not in answer.text


async def test_a_body_above_the_limit_is_not_read(api: Api) -> None:
    large = {"query": "{ __typename }", "variables": {"x": "y" * 300_000}}
    started = process_time()
    assert (await api.client.post("/graphql", json=large)).status_code == 413
    assert process_time() - started < 0.05

    async def chunks() -> Any:
        for _ in range(1000):
            yield b" " * 4096

    headers = {"Content-Type": "application/json"}
    answer = await api.client.post("/graphql", content=chunks(), headers=headers)
    assert answer.status_code == 413
    just = json.dumps(TYPENAME).encode().ljust(256 * 1024)
    assert (await api.client.post("/graphql", content=just, headers=headers)).status_code == 200


def nested(levels: int) -> str:
    """A document of so many levels."""
    return (
        '{ transaction(id: "x") '
        + "{ chargeDetailRecord { transaction " * ((levels - 1) // 2)
        + "{ id }"
        + "}}" * ((levels - 1) // 2)
        + "}"
    )


async def test_documents_beyond_the_limits_are_refused_before_anything_is_fetched(api: Api) -> None:
    doubling = "".join(f"fragment f{n} on Station {{ ...f{n + 1} ...f{n + 1} }} " for n in range(60))
    inner = "edges { node { meterValues(first: 100) { edges { node { at } } } } }"
    documents = [
        nested(11),
        "{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }",
        "{ " + "__typename " * 2001 + "}",
        "{ transactions(first: 100) { " + inner + " } }",
        "query ($n: Int!) { stations(first: $n) { nodes { transactions(first: $n) { nodes { id } } } } }",
        '{ station(id: "x") { ...f0 } } ' + "fragment a on Station { ...b } fragment b on Station { ...a } " + doubling,
        "fragment x on Query { ...x } { ...x }",
        "{ ...missing }",
        "{ a: " + "{ a: " * 300,
    ]
    for document in documents:
        started = process_time()
        answer = await api.client.post("/graphql", json={"query": document})
        spent = process_time() - started
        assert answer.status_code == 200
        assert answer.json()["errors"], document[:80]
        assert answer.json().get("data") is None
        assert spent < 1, (spent, document[:80])
    assert "errors" not in await api.post(nested(9))


async def test_introspection_is_answered(api: Api) -> None:
    assert (await api.ask(get_introspection_query()))["__schema"]["queryType"]["name"] == "Query"


async def test_a_mistyped_field_is_not_guessed(api: Api) -> None:
    answer = await api.post('{ station(id: "x") { onlin } }')
    assert answer["errors"][0]["message"] == "Cannot query field 'onlin' on type 'Station'."


async def test_an_error_nobody_foresaw_is_a_number_to_the_caller_and_a_trace_in_the_log(api: Api) -> None:
    await api.pool.execute(f"ALTER TABLE {availability.schema}.station RENAME TO elsewhere")
    with capture_logs() as logs:
        answer = await api.post('{ station(id: "CS1") { id } }')
    error = answer["errors"][0]
    number = error["extensions"]["correlationId"]
    assert error["message"] == f"unexpected error (correlation id {number})"
    assert error["extensions"]["code"] == "INTERNAL"
    assert "station" not in error["message"]
    (logged,) = [entry for entry in logs if entry["event"] == "graphql.failed"]
    assert logged["correlation_id"] == number
    assert availability.schema in str(logged["exc_info"])


async def test_texts_that_cannot_be_stored_are_bad_input_everywhere(api: Api) -> None:
    for query in (
        '{ station(id: "a\\u0000b") { id } }',
        '{ transaction(id: "a\\u0000b") { id } }',
        '{ command(id: "a\\u0000b") { id } }',
        '{ idToken(id: "a\\u0000b") { id } }',
        '{ stations(first: 1, filter: {ids: ["\\u0000"]}) { nodes { id } } }',
        '{ events(first: 1, filter: {types: ["\\u0000"]}) { nodes { type } } }',
    ):
        answer = await api.post(query)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT", answer
    answer = await api.client.post(
        "/graphql",
        content=b'{"query": "query ($i: ID!) { station(id: $i) { id } }", "variables": {"i": "\\ud800"}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400


async def test_hostile_texts_are_only_texts(api: Api) -> None:
    query = """query ($i: ID!, $s: String!) {
      station(id: $i) { id } transaction(id: $i) { id } command(id: $i) { id } idToken(id: $s) { id } }"""
    for text in (
        "' OR 1=1 --",
        '"; DROP TABLE stored_events; --',
        "$1",
        "%s",
        "{}",
        "\\",
        "💥" * 1000,
        "a" * 100_000,
        "",
    ):
        data = await api.ask(query, i=text, s=text)
        assert data == {"station": None, "transaction": None, "command": None, "idToken": None}


async def test_a_position_that_is_not_reached_is_a_clear_error(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.graphql.visibility.PATIENCE", 0.2)
    far = str(2**61)
    answer = await api.post('query ($p: String) { station(id: "x", atLeastPosition: $p) { id } }', p=far)
    assert answer["errors"][0]["extensions"]["code"] == "NOT_YET_VISIBLE"
    for wrong in ("x", "-1", "1.5", "", "9" * 30, "²"):
        answer = await api.post('query ($p: String) { station(id: "x", atLeastPosition: $p) { id } }', p=wrong)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_every_query_can_wait_for_a_position(api: Api) -> None:
    position = await api.register("CS1")
    fields = (
        *(
            f'{name}(id: "x", atLeastPosition: $p) {{ id }}'
            for name in ("station", "transaction", "command", "idToken")
        ),
        *(
            f"{name}(first: 1, atLeastPosition: $p) {{ nodes {{ id }} }}"
            for name in ("stations", "transactions", "tariffs", "chargeDetailRecords", "commands")
        ),
        "events(first: 1, atLeastPosition: $p) { nodes { type } }",
    )
    data = await api.ask("query ($p: String) { " + " ".join(fields) + " }", p=position)
    assert data["stations"] == {"nodes": [{"id": "CS1"}]}
    assert data["events"] == {"nodes": [{"type": "station.registered"}]}
