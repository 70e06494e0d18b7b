"""What the displays of stations show, as far as we asked and were told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.display_messages import DisplayContent, DisplayMessage, DisplayMessageBook
from domain.events import Command, Transaction
from projections.display_messages import DisplayMessageRow, display_messages, display_messages_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def saying(text: str, number: int = 1, **more: Any) -> DisplayMessage:
    return DisplayMessage(number, "NormalCycle", DisplayContent(text, "UTF8"), **more)


class Notes:
    """A station's book of the day, written minute by minute."""

    def __init__(self) -> None:
        self.book = DisplayMessageBook.blank(DisplayMessageBook.stream("CS/1", NOON.date()))
        self.minute = 0

    def note(self, kind: Any, **told: Any) -> Notes:
        self.minute += 1
        self.book.trigger_event(kind, timestamp=at(self.minute), **told)
        return self

    def set(self, message: DisplayMessage, outcome: str = "Accepted") -> Notes:
        return self.note(DisplayMessageBook.SettingAnswered, message=message, outcome=outcome)

    def clear(self, number: int, outcome: str) -> Notes:
        return self.note(DisplayMessageBook.ClearingAnswered, message_id=number, outcome=outcome)

    def asked(self, number: int = 7, outcome: str = "Accepted", **narrowed: Any) -> Notes:
        return self.note(DisplayMessageBook.ReportAnswered, request_id=number, outcome=outcome, **narrowed)

    def told(self, *messages: DisplayMessage, number: int = 7, last: bool = True) -> Notes:
        return self.note(DisplayMessageBook.Reported, request_id=number, messages=messages, last=last)


def wished(action: str, command_id: str, **payload: Any) -> Command:
    command = Command.blank(Command.stream("CS/1", command_id, NOON))
    asked = {"action": action, "payload": payload, "typed": True, "expires_at": NOON, "idempotency_key": None}
    command.request(station_id="CS/1", command_id=command_id, at=at(0), **asked)
    return command


HELLO = {"id": 1, "priority": "NormalCycle", "content": {"text": "Hello", "format": "UTF8"}}


async def rows(shelf: Shelf, *told: Any, present_at: datetime | None = None) -> dict[int, DisplayMessageRow]:
    await shelf.given(*(one.book if isinstance(one, Notes) else one for one in told))
    await shelf.show(display_messages, batch=1)
    assert await shelf.parked(display_messages) == []
    page = await display_messages_page(shelf.pool, 20, None, station_id="CS/1", present_at=present_at)
    return {row.message_id: row for row in page.rows}


async def row(shelf: Shelf, *told: Any) -> DisplayMessageRow:
    [found] = (await rows(shelf, *told)).values()
    return found


async def test_a_wish_shows_before_the_station_has_heard_of_it(shelf: Shelf) -> None:
    shown = await row(shelf, wished("SetDisplayMessage", "1", **HELLO))
    assert (shown.asked_at, shown.answered_at, shown.confirmed) == (at(0), None, None)
    assert shown.drift
    shown = await row(shelf, Notes().set(saying("Hello")))
    assert (shown.desired, shown.drift, shown.outcome, shown.answered_at) == (shown.confirmed, False, "Accepted", at(1))


async def test_what_was_wished_last_counts_though_an_earlier_wish_is_answered_later(shelf: Shelf) -> None:
    later = wished("SetDisplayMessage", "2", **HELLO | {"content": {"text": "Later", "format": "UTF8"}})
    shown = await row(shelf, wished("SetDisplayMessage", "1", **HELLO), later, Notes().set(saying("Hello")))
    assert "Later" in str(shown.desired)
    assert "Hello" in str(shown.confirmed)


async def test_a_wish_to_clear_is_answered_by_the_message_being_gone(shelf: Shelf) -> None:
    notes = Notes().set(saying("Hello"))
    shown = await row(shelf, notes, wished("ClearDisplayMessage", "1", id=1))
    assert (shown.desired, shown.drift, shown.present(at(9))) == (None, True, True)
    shown = await row(shelf, notes.clear(1, "Accepted"))
    assert (shown.removed_at, shown.removal, shown.drift, shown.present(at(9))) == (at(2), "CLEARED", False, False)
    shown = await row(shelf, notes.set(saying("Again")))
    assert (shown.removal, shown.present(at(9))) == (None, True)


async def test_a_station_that_does_not_clear_a_message_has_it_still(shelf: Shelf) -> None:
    assert (await row(shelf, Notes().set(saying("Hello")).clear(1, "Rejected"))).present(at(9))


@pytest.mark.parametrize("asked_first", [True, False])
async def test_a_report_of_everything_says_what_is_not_there(shelf: Shelf, asked_first: bool) -> None:
    """Its parts may be recorded before the answer to the request."""
    notes = Notes().set(saying("Old", 1)).set(saying("Known", 2))
    if asked_first:
        notes.asked().told(saying("Known", 2), last=False)
        assert (await rows(shelf, notes))[1].removal is None, "more is to come"
        notes.told(saying("New", 3))
    else:
        notes.told(saying("Known", 2), last=False).told(saying("New", 3)).asked()
    shown = await rows(shelf, notes)
    assert {number: one.removal for number, one in shown.items()} == {1: "NOT_REPORTED", 2: None, 3: None}
    assert (shown[3].desired, shown[3].confirmed is not None) == (None, True)


@pytest.mark.parametrize("narrowed", [{"ids": (2,)}, {"priority": "InFront"}, {"state": "Idle"}])
async def test_a_narrow_report_says_nothing_of_the_others(shelf: Shelf, narrowed: Any) -> None:
    notes = Notes().set(saying("Old", 1)).asked(**narrowed).told(saying("Known", 2))
    assert (await rows(shelf, notes))[1].removal is None


@pytest.mark.parametrize(
    ("narrowed", "gone"),
    [({}, {1, 2}), ({"ids": (2, 3)}, {2}), ({"ids": (2,), "state": "Idle"}, set()), ({"priority": "InFront"}, set())],
)
async def test_nothing_found_is_an_answer(shelf: Shelf, narrowed: Any, gone: set[int]) -> None:
    notes = Notes().set(saying("One", 1)).set(saying("Two", 2)).asked(outcome="Unknown", **narrowed)
    shown = await rows(shelf, notes)
    assert {number for number, one in shown.items() if one.removal == "NOT_REPORTED"} == gone


async def test_a_request_id_may_be_used_again(shelf: Shelf) -> None:
    notes = Notes().asked().told(saying("One", 1)).asked().told(saying("Two", 2))
    assert (await rows(shelf, notes))[1].removal == "NOT_REPORTED"


async def test_a_message_of_a_transaction_goes_with_it(shelf: Shelf) -> None:
    notes = Notes().set(saying("Mine", 1, transaction_id="tx-1")).set(saying("Other", 2, transaction_id="tx-2"))
    transaction = Transaction.blank(Transaction.stream("CS/1", "tx-1", NOON))
    transaction.end(at(9), occurred_at=at(9))
    shown = await rows(shelf, notes, transaction)
    assert (shown[1].removal, shown[1].removed_at, shown[2].removal) == ("TRANSACTION_ENDED", at(9), None)


async def test_the_query_decides_whether_the_time_of_a_message_is_over(shelf: Shelf) -> None:
    notes = Notes().set(saying("Short", 1, ends_at=at(30))).set(saying("Long", 2))
    assert list(await rows(shelf, notes, present_at=at(29))) == [1, 2]
    assert list(await rows(shelf, present_at=at(30))) == [2]
    assert (await rows(shelf))[1].removal is None
    notes.minute = 60
    assert (await rows(shelf, notes.asked().told(saying("Long", 2))))[1].removal is None, "it has ended by itself"


async def test_a_refused_message_leaves_the_one_that_is_there(shelf: Shelf) -> None:
    notes = Notes().set(saying("Hello")).set(saying("Never"), "NotSupportedState")
    shown = await row(shelf, notes)
    assert (shown.present(at(9)), shown.outcome, shown.drift) == (True, "NotSupportedState", True)
    assert "Hello" in str(shown.confirmed)
