"""What the local list of a station should be, and whether it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.events import Command, LocalListBook, StationDay
from domain.id_token import Permission
from domain.local_list import ListEntry
from domain.station_day import ConnectorStatus
from domain.values import AuthorizationStatus, IdToken
from projections.local_list import LocalListRow, local_lists, local_lists_of
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED = Permission(AuthorizationStatus.ACCEPTED, NOON + timedelta(days=1), "G")


def book() -> LocalListBook:
    return LocalListBook.blank(LocalListBook.stream("CS/1", NOON.date()))


def entry(value: str, permission: Permission | None = ACCEPTED) -> ListEntry:
    return ListEntry(IdToken(value), permission)


def send(
    book: LocalListBook, version: int, *entries: ListEntry, update: str = "Full", outcome: str = "Accepted"
) -> None:
    book.trigger_event(
        LocalListBook.Sent, update_type=update, version=version, outcome=outcome, entries=entries, timestamp=NOON
    )


def report(book: LocalListBook, version: int) -> None:
    book.trigger_event(LocalListBook.VersionReported, version=version, timestamp=NOON)


async def row(shelf: Shelf, *told: Any) -> LocalListRow:
    await shelf.given(*told)
    await shelf.show(local_lists, batch=1)
    return (await local_lists_of(shelf.pool, ["CS/1"]))["CS/1"]


async def test_an_accepted_list_is_what_the_station_has(shelf: Shelf) -> None:
    told = book()
    send(told, 4, entry("A"), entry("B"))
    shown = await row(shelf, told)
    assert [(t.id_token, t.type, t.status, t.group_id, t.expires_at) for t in shown.tokens] == [
        ("A", None, "Accepted", "G", NOON + timedelta(days=1)),
        ("B", None, "Accepted", "G", NOON + timedelta(days=1)),
    ]
    assert (shown.version, shown.station_version, shown.agrees, shown.full_needed) == (4, 4, True, False)
    assert (shown.last_update_type, shown.last_version, shown.last_outcome) == ("Full", 4, "Accepted")
    assert (shown.last_sent_at, shown.next_version) == (NOON, 5)


async def test_a_differential_update_adds_changes_and_takes_away(shelf: Shelf) -> None:
    told = book()
    send(told, 1, entry("A"), entry("B"), entry("C"))
    send(
        told,
        2,
        entry("a", Permission(AuthorizationStatus.BLOCKED)),
        entry("b", None),
        entry("D"),
        update="Differential",
    )
    shown = await row(shelf, told)
    assert [(t.id_token, t.status) for t in shown.tokens] == [("a", "Blocked"), ("C", "Accepted"), ("D", "Accepted")]
    assert (shown.version, shown.full_needed) == (2, False)


async def test_a_full_list_replaces_all(shelf: Shelf) -> None:
    told = book()
    send(told, 1, entry("A"))
    send(told, 2)
    shown = await row(shelf, told)
    assert (shown.version, shown.tokens) == (2, [])


@pytest.mark.parametrize("outcome", ["VersionMismatch", "Failed"])
async def test_a_refused_differential_update_calls_for_a_full_list(outcome: str, shelf: Shelf) -> None:
    told = book()
    send(told, 1, entry("A"))
    send(told, 2, entry("B"), update="Differential", outcome=outcome)
    shown = await row(shelf, told)
    assert (shown.version, [t.id_token for t in shown.tokens], shown.last_outcome) == (1, ["A"], outcome)
    assert (shown.agrees, shown.full_needed) == (True, True)
    send(told, 3, entry("B"), update="Differential")
    assert (await row(shelf, told)).full_needed, "what went wrong before is still not right"
    send(told, 4, entry("A"), entry("B"))
    assert not (await row(shelf, told)).full_needed


async def test_a_refused_full_list_changes_nothing(shelf: Shelf) -> None:
    told = book()
    send(told, 1, entry("A"))
    send(told, 2, entry("B"), outcome="Failed")
    shown = await row(shelf, told)
    assert (shown.version, [t.id_token for t in shown.tokens], shown.full_needed) == (1, ["A"], False)


@pytest.mark.parametrize(
    ("reported", "agrees", "full_needed"), [(3, True, False), (2, False, True), (0, False, True), (-1, False, False)]
)
async def test_the_station_may_have_another_version(
    reported: int, agrees: bool, full_needed: bool, shelf: Shelf
) -> None:
    told = book()
    send(told, 3, entry("A"))
    report(told, reported)
    shown = await row(shelf, told)
    assert (shown.version, shown.station_version, shown.agrees, shown.full_needed) == (3, reported, agrees, full_needed)


@pytest.mark.parametrize("reported", [0, -1])
async def test_nothing_sent_and_nothing_there_agree(reported: int, shelf: Shelf) -> None:
    told = book()
    report(told, reported)
    shown = await row(shelf, told)
    assert (shown.agrees, shown.full_needed, shown.next_version) == (True, False, 1)


async def test_a_station_without_a_list_is_known_by_its_answer(shelf: Shelf) -> None:
    told = book()
    send(told, 3, entry("A"), outcome="NotSupported")
    shown = await row(shelf, told)
    assert (shown.version, shown.station_version, shown.full_needed) == (0, -1, False)


async def test_the_next_version_is_above_all_that_anybody_has_or_was_promised(shelf: Shelf) -> None:
    told = book()
    report(told, 9)
    assert (await row(shelf, told)).next_version == 10
    command = Command.blank(Command.stream("CS/1", "1", NOON))
    command.request(
        station_id="CS/1",
        command_id="1",
        action="SendLocalList",
        payload={"versionNumber": 12, "updateType": "Full", "localAuthorizationList": []},
        typed=True,
        expires_at=NOON,
        idempotency_key=None,
        at=NOON,
    )
    assert (await row(shelf, command)).next_version == 13


async def test_a_conflict_that_the_station_reports_calls_for_a_full_list(shelf: Shelf) -> None:
    told, day = book(), StationDay.open("CS/1", None, NOON)
    send(told, 1, entry("A"))
    day.report_status(ConnectorStatus(0, 0, "Available", "NoError"), NOON, NOON)
    assert not (await row(shelf, told, day)).full_needed
    day.report_status(ConnectorStatus(0, 0, "Available", "LocalListConflict"), NOON, NOON)
    assert (await row(shelf, day)).full_needed


def wish(version: int, update: str, *entries: dict[str, Any]) -> Command:
    command = Command.blank(Command.stream("CS/1", f"{version}", NOON))
    command.request(
        station_id="CS/1",
        command_id=f"{version}",
        action="SendLocalList",
        payload={"versionNumber": version, "updateType": update, "localAuthorizationList": list(entries)},
        typed=True,
        expires_at=NOON,
        idempotency_key=None,
        at=NOON,
    )
    return command


def wished(value: str, status: str | None = "Accepted", **more: str) -> dict[str, Any]:
    return {"idToken": value, "idTokenType": "ISO14443", **({"status": status} if status else {}), **more}


async def test_what_was_asked_for_is_wanted_whatever_became_of_it(shelf: Shelf) -> None:
    shown = await row(
        shelf,
        wish(1, "Full", wished("A"), wished("B", expiresAt="2026-11-21T12:00:00.5+00:00", groupId="G")),
        wish(2, "Differential", wished("a", None), wished("C", "NoCredit")),
    )
    assert [(t.id_token, t.status) for t in shown.wanted_tokens] == [("B", "Accepted"), ("C", "NoCredit")]
    assert (shown.tokens, shown.mending_needed) == ([], True)
    told = book()
    # As a 1.6 station has it: no types, no fractions of seconds, fewer words.
    known = Permission(AuthorizationStatus.ACCEPTED, NOON + timedelta(days=1), "G")
    send(told, 2, entry("B", known), entry("C", Permission(AuthorizationStatus.INVALID)))
    assert (await row(shelf, told)).mending_needed is False


async def test_a_list_that_was_sent_by_hand_is_wanted(shelf: Shelf) -> None:
    told = book()
    send(told, 4, entry("A"))
    send(told, 5, entry("B"), update="Differential")
    shown = await row(shelf, told)
    assert ([t.id_token for t in shown.wanted_tokens], shown.mending_needed) == (["A", "B"], False)


async def test_a_station_that_keeps_no_list_is_not_mended(shelf: Shelf) -> None:
    told = book()
    send(told, 1, entry("A"), outcome="NotSupported")
    assert (await row(shelf, wish(1, "Full", wished("A")), told)).mending_needed is False


async def test_a_list_that_nobody_here_sent_is_not_mended(shelf: Shelf) -> None:
    told = book()
    report(told, 9)
    shown = await row(shelf, told)
    assert (shown.full_needed, shown.ours, shown.mending_needed) == (True, False, False)
