"""What was to be in or out of service last, and what the station answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.availability_wishes import AvailabilityBook, WishOutcome
from domain.values import Evse
from projections.availability_wishes import AvailabilityWishRow, availability_wishes, wishes_of
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED, REJECTED, SCHEDULED = WishOutcome.ACCEPTED, WishOutcome.REJECTED, WishOutcome.SCHEDULED


def answered(station_id: str, *answers: tuple[Evse, bool, WishOutcome]) -> AvailabilityBook:
    book = AvailabilityBook.blank(AvailabilityBook.stream(station_id, NOON.date()))
    for minute, (evse, operative, outcome) in enumerate(answers):
        book.trigger_event(
            AvailabilityBook.ChangeAnswered,
            evse=evse,
            operative=operative,
            outcome=outcome,
            timestamp=NOON + timedelta(minutes=minute),
        )
    return book


async def test_the_last_answer_stands_for_each_place_by_itself(shelf: Shelf) -> None:
    await shelf.given(
        answered(
            "CS1",
            (Evse(1, 1), False, SCHEDULED),
            (Evse(0), False, ACCEPTED),
            (Evse(1), False, REJECTED),
            (Evse(0), True, REJECTED),
        ),
        answered("CS2", (Evse(0), False, ACCEPTED)),
    )
    await shelf.show(availability_wishes, batch=1)
    assert await wishes_of(shelf.pool, "CS1") == [
        AvailabilityWishRow("CS1", 0, 0, True, "Rejected", NOON + timedelta(minutes=3)),
        AvailabilityWishRow("CS1", 1, 0, False, "Rejected", NOON + timedelta(minutes=2)),
        AvailabilityWishRow("CS1", 1, 1, False, "Scheduled", NOON),
    ]
    assert await wishes_of(shelf.pool, "nobody") == []
