"""Lists of tokens for stations: what is asked of them, and how that shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.events import LocalListBook
from domain.id_token import Permission
from domain.local_list import ListEntry
from domain.values import AuthorizationStatus, IdToken
from tests.api.graphql.conftest import T0, Api
from tests.api.graphql.test_id_tokens import put

SEND = """
mutation ($input: SendLocalListInput!) { sendLocalList(input: $input) {
  command { id action payload } error { code field } position } }
"""
SHOW = """
query ($id: ID!, $at: String) { localList(stationId: $id, atLeastPosition: $at) {
  stationId version stationVersion agrees fullUpdateNeeded lastUpdateType lastVersion lastOutcome lastSentAt reportedAt
  entries { idToken type status groupId expiresAt } } }
"""


async def send(api: Api, *entries: dict[str, Any], **input: Any) -> Any:
    given = {"stationId": "CS1", "updateType": "FULL", "entries": list(entries), "waitSeconds": 0} | input
    return (await api.ask(SEND, input=given))["sendLocalList"]


async def sent(api: Api, *entries: dict[str, Any], **input: Any) -> Any:
    payload = await send(api, *entries, **input)
    assert payload["error"] is None
    assert payload["command"]["action"] == "SendLocalList"
    return payload["command"]["payload"]


async def report(api: Api, version: int) -> str:
    book = LocalListBook.blank(LocalListBook.stream("CS1", T0.date()))
    book.trigger_event(LocalListBook.VersionReported, version=version, timestamp=T0)
    return await api.record(book)


async def test_a_list_is_asked_for_in_our_own_words(api: Api) -> None:
    await api.register("CS1")
    asked = await sent(
        api,
        {"idToken": "A", "status": "Blocked", "groupId": "G", "expiresAt": "2027-01-01T00:00:00Z"},
        {"idToken": "B", "type": "eMAID"},
        updateType="DIFFERENTIAL",
    )
    assert asked == {
        "versionNumber": 1,
        "updateType": "Differential",
        "localAuthorizationList": [
            {
                "idToken": "A",
                "idTokenType": "ISO14443",
                "status": "Blocked",
                "expiresAt": "2027-01-01T00:00:00+00:00",
                "groupId": "G",
            },
            {"idToken": "B", "idTokenType": "eMAID"},
        ],
    }


async def test_a_full_list_says_of_known_tokens_what_we_know(api: Api) -> None:
    await api.register("CS1")
    await put(api, idToken="A", groupId="G", expiresAt="2027-01-01T00:00:00Z")
    await put(api, idToken="B", type="eMAID", status="Blocked")
    asked = await sent(api, {"idToken": "a"}, {"idToken": "B", "type": "eMAID"}, {"idToken": "C", "status": "Accepted"})
    first, second, third = asked["localAuthorizationList"]
    assert (first["status"], first["groupId"], first["expiresAt"]) == ("Accepted", "G", "2027-01-01T00:00:00+00:00")
    assert (second["status"], third["status"]) == ("Blocked", "Accepted")
    refused = await send(api, {"idToken": "A"}, {"idToken": "B"})
    assert refused["error"] == {"code": "BAD_INPUT", "field": "entries"}, "B has no entry for cards"


async def test_each_list_has_a_higher_version_than_any_before(api: Api) -> None:
    await api.register("CS1")
    assert (await sent(api))["versionNumber"] == 1
    assert (await sent(api))["versionNumber"] == 2, "the first has not been answered yet"
    await report(api, 40)
    assert (await sent(api))["versionNumber"] == 41
    assert (await sent(api, version=7))["versionNumber"] == 7


async def test_a_repeated_request_is_one_command_though_the_version_was_ours(api: Api) -> None:
    await api.register("CS1")
    entry = {"idToken": "A", "status": "Accepted"}
    first, again = [await send(api, entry, idempotencyKey="key") for _ in range(2)]
    assert first["command"] == again["command"]
    other = await send(api, entry, idempotencyKey="key", version=9)
    assert other["error"] == {"code": "IDEMPOTENCY_KEY_REUSED", "field": "idempotencyKey"}


async def test_the_version_is_asked_for(api: Api) -> None:
    await api.register("CS1")
    document = """mutation { getLocalListVersion(input: {stationId: "CS1", waitSeconds: 0}) {
      command { action payload } error { code } } }"""
    asked = (await api.ask(document))["getLocalListVersion"]
    assert asked == {"command": {"action": "GetLocalListVersion", "payload": {}}, "error": None}


async def test_a_list_is_shown(api: Api) -> None:
    assert await api.ask(SHOW, id="CS1") == {"localList": None}
    book = LocalListBook.blank(LocalListBook.stream("CS1", T0.date()))
    permission = Permission(AuthorizationStatus.ACCEPTED, T0, "G")
    entries = (ListEntry(IdToken("A", "Local"), permission),)
    told: dict[str, Any] = {"update_type": "Full", "version": 3, "outcome": "Accepted", "entries": entries}
    book.trigger_event(LocalListBook.Sent, **told, timestamp=T0)
    book.trigger_event(LocalListBook.VersionReported, version=2, timestamp=T0 + timedelta(minutes=1))
    shown = await api.ask(SHOW, id="CS1", at=await api.record(book))
    assert shown["localList"] == {
        "stationId": "CS1",
        "version": 3,
        "stationVersion": 2,
        "agrees": False,
        "fullUpdateNeeded": True,
        "lastUpdateType": "FULL",
        "lastVersion": 3,
        "lastOutcome": "Accepted",
        "lastSentAt": "2026-11-20T08:00:00+00:00",
        "reportedAt": "2026-11-20T08:01:00+00:00",
        "entries": [
            {
                "idToken": "A",
                "type": "Local",
                "status": "Accepted",
                "groupId": "G",
                "expiresAt": "2026-11-20T08:00:00+00:00",
            }
        ],
    }


A = {"idToken": "A", "status": "Accepted"}


@pytest.mark.parametrize(
    ("entries", "input", "field"),
    [
        ([A], {"version": 0}, "version"),
        ([A], {"version": -1}, "version"),
        ([A, A | {"idToken": "a"}], {}, "entries"),
        ([{"idToken": ""}], {}, "entries"),
        ([A | {"type": "x" * 21}], {}, "entries"),
        ([A | {"groupId": "\n"}], {}, "entries"),
        ([{"idToken": "A", "groupId": "G"}], {"updateType": "DIFFERENTIAL"}, "entries"),
        ([{"idToken": "nobody"}], {}, "entries"),
        ([A] * 5_001, {}, "entries"),
    ],
)
async def test_what_makes_no_list_is_refused(
    entries: list[dict[str, Any]], input: dict[str, Any], field: str, api: Api
) -> None:
    await api.register("CS1")
    assert (await send(api, *entries, **input))["error"] == {"code": "BAD_INPUT", "field": field}


async def test_there_is_no_version_above_the_highest(api: Api) -> None:
    await api.register("CS1")
    await report(api, 2**31 - 1)
    assert (await send(api, A))["error"] == {"code": "BAD_INPUT", "field": "version"}
