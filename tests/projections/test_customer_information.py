"""What stations told about customers, and what is not to be shown any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.customer_information import CustomerInformationBook, CustomerReference, PrivacyBook
from domain.values import IdToken
from projections.customer_information import (
    CustomerInformationRow,
    cleared_tokens,
    customer_information,
    customer_information_page,
)
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


class Notes:
    """What is written about a station, minute by minute."""

    def __init__(self) -> None:
        self.books: Any = [
            kind.blank(kind.stream("CS/1", NOON.date())) for kind in (CustomerInformationBook, PrivacyBook)
        ]
        self.minute = 0
        self.given: list[Any] = []

    def note(self, kind: Any, **told: Any) -> Notes:
        self.minute += 1
        book = self.books[kind.AGGREGATE is PrivacyBook]
        book.trigger_event(kind, timestamp=at(self.minute), **told)
        self.given += book.collect_events()
        return self

    def asked(
        self, number: int, customer: str = "one", *, clear: bool = False, report: bool = True, outcome: str = "Accepted"
    ) -> Notes:
        named: dict[str, Any] = {"reference": CustomerReference.ID_TOKEN, "id_token": IdToken(customer, "Central")}
        asked = {"request_id": number, "report": report, "clear": clear, "outcome": outcome, "customer": customer}
        return self.note(CustomerInformationBook.RequestAnswered, **asked, **named)

    def told(self, number: int, seq_no: int, data: str, *, last: bool = True) -> Notes:
        part = {"request_id": number, "seq_no": seq_no, "data": data, "last": last}
        return self.note(CustomerInformationBook.Reported, generated_at=NOON, **part)

    def forget(self, number: int) -> Notes:
        return self.note(PrivacyBook.CustomerInformationForgotten, request_id=number)


async def rows(shelf: Shelf, notes: Notes) -> dict[int, CustomerInformationRow]:
    given, notes.given = notes.given, []
    await shelf.record(given)
    await shelf.show(customer_information, batch=1)
    assert await shelf.parked(customer_information) == []
    page = await customer_information_page(shelf.pool, 20, None, station_id="CS/1", request_id=None)
    return {row.request_id: row for row in page.rows}


async def data(shelf: Shelf, notes: Notes) -> dict[int, str | None]:
    shown = {number: row.data for number, row in (await rows(shelf, notes)).items()}
    kept = str(await shelf.rows(customer_information, "held"))
    assert all((text in kept) == (text in shown.values()) for text in ("first", "second", "third"))
    return shown


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 1, 2, 0)])
async def test_parts_are_put_together_in_any_order(shelf: Shelf, order: tuple[int, ...]) -> None:
    notes = Notes().asked(7)
    for seq_no in order:
        assert not (await rows(shelf, notes))[7].complete
        notes.told(7, seq_no, "abc"[seq_no], last=seq_no == 2)
    row = (await rows(shelf, notes))[7]
    assert (row.data, row.complete, row.parts, row.outcome) == ("abc", True, 3, "Accepted")
    assert (row.reference, row.id_token, row.id_token_type) == (CustomerReference.ID_TOKEN, "one", "Central")


async def test_parts_may_come_before_the_answer(shelf: Shelf) -> None:
    row = (await rows(shelf, Notes().told(7, 0, "first").asked(7)))[7]
    assert (row.data, row.complete, row.requested_at) == ("first", True, at(2))


async def test_what_a_station_clears_is_not_shown_nor_kept_save_what_it_was_to_tell_of_it(shelf: Shelf) -> None:
    notes = Notes().asked(1).told(1, 0, "first").asked(2, "other").told(2, 0, "second")
    notes.asked(3, clear=True).told(3, 0, "third")
    assert await data(shelf, notes) == {1: None, 2: "second", 3: "third"}
    assert (await rows(shelf, notes))[1].forgotten_at == at(5)
    assert await data(shelf, notes.forget(3)) == {1: None, 2: "second", 3: None}


async def test_a_clearing_that_is_refused_changes_nothing(shelf: Shelf) -> None:
    notes = Notes().asked(1).told(1, 0, "first").asked(2, clear=True, outcome="Rejected")
    assert await data(shelf, notes) == {1: "first", 2: None}


async def test_what_is_forgotten_does_not_come_back_with_a_late_part(shelf: Shelf) -> None:
    notes = Notes().asked(1).told(1, 0, "first", last=False).forget(1).told(1, 1, "second")
    assert await data(shelf, notes) == {1: None}
    row = (await rows(shelf, notes))[1]
    assert (row.parts, row.complete, row.forgotten_at) == (2, True, at(3))


async def test_a_request_id_may_be_used_again(shelf: Shelf) -> None:
    notes = Notes().asked(1).told(1, 0, "first").forget(1).asked(1, "other").told(1, 0, "second")
    assert await data(shelf, notes) == {1: "second"}


async def test_tokens_of_cleared_customers_are_found(shelf: Shelf) -> None:
    notes = Notes().asked(1, "told").asked(2, "refused", clear=True, outcome="Rejected").asked(3, "gone", clear=True)
    await rows(shelf, notes)
    assert await cleared_tokens(shelf.pool, NOON) == [("CS/1", "gone", at(3))]
    assert await cleared_tokens(shelf.pool, at(3)) == []
