"""How transactions stand, as stations said when they were asked last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.transaction_status import TransactionStatusBook
from projections.transaction_status import TransactionStatusRow, transaction_statuses, transaction_statuses_by_id
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def told(station_id: str, *answers: tuple[str | None, bool, bool | None]) -> TransactionStatusBook:
    book = TransactionStatusBook.blank(TransactionStatusBook.stream(station_id, NOON.date()))
    for minute, (transaction_id, queued, ongoing) in enumerate(answers):
        book.trigger_event(
            TransactionStatusBook.Reported,
            transaction_id=transaction_id,
            messages_in_queue=queued,
            ongoing=ongoing,
            timestamp=NOON + timedelta(minutes=minute),
        )
    return book


async def test_the_last_answer_stands_for_each_transaction_and_for_the_station(shelf: Shelf) -> None:
    await shelf.given(
        told("CS/1", ("T 1", True, True), (None, True, None), ("T 1", False, False), ("T2", False, None)),
        told("CS2", ("T 1", True, True)),
    )
    await shelf.show(transaction_statuses, batch=1)
    found = await transaction_statuses_by_id(shelf.pool, ["CS%2F1/T 1", "CS%2F1", "CS%2F1/T3", "CS2/T 1"])
    assert found == {
        "CS%2F1/T 1": TransactionStatusRow("CS%2F1/T 1", False, False, NOON + timedelta(minutes=2)),
        "CS%2F1": TransactionStatusRow("CS%2F1", True, None, NOON + timedelta(minutes=1)),
        "CS2/T 1": TransactionStatusRow("CS2/T 1", True, True, NOON),
    }
