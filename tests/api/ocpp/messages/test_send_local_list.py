from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.ocpp.parts import in_order, parts_of
from api.ocpp.schema import CallFailed
from domain.id_token import Permission
from domain.local_list import ListEntry, LocalListBook
from domain.station import MessageLimit
from domain.values import AuthorizationStatus, IdToken
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

BLOCKED = {
    "idToken": "B",
    "idTokenType": "eMAID",
    "status": "Blocked",
    "expiresAt": "2027-01-01T01:00:00+01:00",
    "groupId": "G",
}
REMOVED = {"idToken": "C", "idTokenType": "ISO14443"}
NEW_YEAR = "2027-01-01T00:00:00.000Z"

SAID: dict[str, dict[str, Any]] = {
    "1.6": {
        "listVersion": 3,
        "updateType": "Differential",
        "localAuthorizationList": [
            {"idTag": "B", "idTagInfo": {"status": "Blocked", "expiryDate": NEW_YEAR, "parentIdTag": "G"}},
            {"idTag": "C"},
        ],
    },
    "2.0.1": {
        "versionNumber": 3,
        "updateType": "Differential",
        "localAuthorizationList": [
            {
                "idToken": {"idToken": "B", "type": "eMAID"},
                "idTokenInfo": {
                    "status": "Blocked",
                    "cacheExpiryDateTime": NEW_YEAR,
                    "groupIdToken": {"idToken": "G", "type": "Central"},
                },
            },
            {"idToken": {"idToken": "C", "type": "ISO14443"}},
        ],
    },
}


def typed(*entries: dict[str, Any], update: str = "Differential") -> dict[str, Any]:
    return {"versionNumber": 3, "updateType": update, "localAuthorizationList": list(entries)}


@pytest.mark.parametrize("version", SAID)
def test_it_is_said_in_the_words_of_the_version(version: str) -> None:
    assert said(version, "SendLocalList", typed(BLOCKED, REMOVED)) == ("SendLocalList", SAID[version])


def test_an_empty_list_is_said_as_each_version_can() -> None:
    empty = typed(update="Full")
    expected = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": []}
    assert said("1.6", "SendLocalList", empty)[1] == expected
    assert said("2.0.1", "SendLocalList", empty)[1] == {"versionNumber": 3, "updateType": "Full"}


def test_a_status_that_1_6_has_no_word_for_is_invalid() -> None:
    [entry] = said("1.6", "SendLocalList", typed(BLOCKED | {"status": "NoCredit"}))[1]["localAuthorizationList"]
    assert entry["idTagInfo"]["status"] == "Invalid"


def test_a_token_of_two_types_cannot_be_said_in_1_6() -> None:
    twice = typed(BLOCKED, BLOCKED | {"idToken": "b", "idTokenType": "Local"})
    with pytest.raises(CallFailed, match="no types"):
        said("1.6", "SendLocalList", twice)
    assert len(said("2.0.1", "SendLocalList", twice)[1]["localAuthorizationList"]) == 2


@pytest.mark.parametrize("outcome", ["Accepted", "Failed", "VersionMismatch"])
async def test_what_was_sent_is_noted_with_its_outcome(outcome: str, line: Line) -> None:
    [event] = await noted(line, "SendLocalList", SAID[line.version.name], {"status": outcome})
    kinds = (None, None) if line.version.name == "1.6" else ("eMAID", "ISO14443")
    assert isinstance(event, LocalListBook.Sent)
    assert (event.update_type, event.version, event.outcome) == ("Differential", 3, outcome)
    assert event.entries == (
        ListEntry(
            IdToken("B", kinds[0]),
            Permission(AuthorizationStatus.BLOCKED, datetime(2027, 1, 1, tzinfo=UTC), "G"),
        ),
        ListEntry(IdToken("C", kinds[1])),
    )


async def test_a_station_may_have_no_list(v16: Line) -> None:
    [event] = await noted(v16, "SendLocalList", {"listVersion": 1, "updateType": "Full"}, {"status": "NotSupported"})
    assert (event.outcome, event.entries) == ("NotSupported", ())


@pytest.mark.parametrize(("line", "version"), [("1.6", "listVersion"), ("2.0.1", "versionNumber")], indirect=["line"])
async def test_a_list_that_is_too_long_is_added_to_bit_by_bit(line: Line, version: str) -> None:
    entries = [{"idToken": tag, "idTokenType": "ISO14443", "status": "Accepted"} for tag in "ABCDE"]
    typed = {"versionNumber": 7, "updateType": "Full", "localAuthorizationList": entries}
    _, payload = said(line.version.name, "SendLocalList", typed)
    line.session.station.report_limit(MessageLimit("localauthlistctrlr", items=2), line.session.now)
    parts = parts_of(line.version, "SendLocalList", payload, line.session.station)
    assert [(part["updateType"], part[version], len(part["localAuthorizationList"])) for part in parts] == [
        ("Full", 7, 2),
        ("Differential", 8, 2),
        ("Differential", 9, 1),
    ]
    assert in_order(line.version, "SendLocalList")
