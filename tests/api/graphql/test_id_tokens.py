"""Id tokens: what they are answered."""

from __future__ import annotations

from typing import Any

from domain.values import AuthorizationStatus
from tests.api.graphql.conftest import Api

SET = """
mutation ($input: SetIdTokenInput!) { setIdToken(input: $input) {
  idToken { id idToken type status groupId expiresAt } error { code field } position } }
"""


async def put(api: Api, **input: Any) -> Any:
    return (await api.ask(SET, input={"idToken": "04AB", "status": "Accepted"} | input))["setIdToken"]


async def test_a_token_is_set_and_found_without_regard_to_case(api: Api) -> None:
    told = await put(api, groupId="fleet", expiresAt="2027-01-01T00:00:00+01:00")
    assert told["error"] is None
    assert told["idToken"] == {
        "id": "04AB",
        "idToken": "04AB",
        "type": None,
        "status": "Accepted",
        "groupId": "fleet",
        "expiresAt": "2026-12-31T23:00:00+00:00",
    }
    assert await put(api, groupId="fleet", expiresAt="2026-12-31T23:00:00Z") == told
    found = await api.ask('{ idToken(id: "04ab") { status } other: idToken(id: "04ac") { status } }')
    assert found == {"idToken": {"status": "Accepted"}, "other": None}


async def test_a_token_may_be_kept_from_charging_twice_at_a_time(api: Api) -> None:
    for input, allowed in (({}, True), ({"allowConcurrent": False}, False), ({}, True)):
        told = await put(api, **input)
        assert told["error"] is None
        shown = await api.ask('{ idToken(id: "04AB") { allowConcurrent } }')
        assert shown == {"idToken": {"allowConcurrent": allowed}}


async def test_a_token_may_mean_different_things_by_type(api: Api) -> None:
    await put(api, status="Blocked")
    typed = await put(api, type="eMAID", status="Accepted")
    assert (typed["idToken"]["type"], typed["idToken"]["status"]) == ("eMAID", "Accepted")
    found = await api.ask(
        """{ a: idToken(id: "04AB") { status } b: idToken(id: "04AB", type: "eMAID") { status }
             c: idToken(id: "04AB", type: "X") { status } }"""
    )
    assert found == {"a": {"status": "Blocked"}, "b": {"status": "Accepted"}, "c": {"status": "Blocked"}}


async def test_every_status_of_the_standard_can_be_set(api: Api) -> None:
    for status in (s.value for s in AuthorizationStatus):
        assert (await put(api, status=status))["idToken"]["status"] == status


async def test_bad_tokens_are_refused(api: Api) -> None:
    for given, field in [
        ({"idToken": ""}, "idToken"),
        ({"idToken": "a\tb"}, "idToken"),
        ({"idToken": "a\x00b"}, "idToken"),
        ({"idToken": "x" * 256}, "idToken"),
        ({"type": "x" * 21}, "type"),
        ({"type": ""}, "type"),
        ({"groupId": "\n"}, "groupId"),
    ]:
        refused = await put(api, **given)
        assert refused["error"] == {"code": "BAD_INPUT", "field": field}
    for wrong in (
        {"status": "accepted"},
        {"expiresAt": "2027-01-01T00:00:00"},
        {"expiresAt": "tomorrow"},
        {"expiresAt": 7},
    ):
        answer = await api.post(SET, input={"idToken": "04AB", "status": "Accepted"} | wrong)
        assert answer.get("data") is None
        assert "unexpected" not in answer["errors"][0]["message"]
    assert await api.journal.head() == 0
