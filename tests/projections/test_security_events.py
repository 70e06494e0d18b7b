"""Security events, in the order in which they were received."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.events import SecurityBook
from projections.security_events import security_events, security_events_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def book(station: str, *told: tuple[int, str], tech_info: str | None = None) -> SecurityBook:
    """Events (minute at which we learn of them, type); they happened an hour before."""
    notes = SecurityBook.blank(SecurityBook.stream(station, NOON.date()))
    for minute, kind in told:
        at = NOON + timedelta(minutes=minute)
        earlier = at - timedelta(hours=1)
        notes.trigger_event(
            SecurityBook.EventNotified, type=kind, occurred_at=earlier, tech_info=tech_info, timestamp=at
        )
    return notes


async def test_an_event_shows_when_it_happened_and_when_it_was_received(shelf: Shelf) -> None:
    await shelf.given(book("CS/1", (0, "FirmwareUpdated"), tech_info="1.2"))
    await shelf.show(security_events)
    row = await shelf.row(security_events, "security_event")
    row.pop("id")
    assert row == {
        "station_id": "CS/1",
        "type": "FirmwareUpdated",
        "occurred_at": NOON - timedelta(hours=1),
        "tech_info": "1.2",
        "received_at": NOON,
    }


async def test_events_come_youngest_first_and_filtered(shelf: Shelf) -> None:
    await shelf.given(book("CS/1", (0, "A"), (0, "B"), (2, "A")), book("CS2", (1, "A"), (0, "B")))
    await shelf.show(security_events)

    async def found(first: int = 9, after: str | None = None, **where: Any) -> list[tuple[str, str]]:
        page = await security_events_page(shelf.pool, first, after, **where)
        return [(row.station_id, row.type) for row in page.rows]

    everything = [("CS/1", "A"), ("CS2", "A"), ("CS2", "B"), ("CS/1", "B"), ("CS/1", "A")]
    assert await found() == everything
    [first] = (await security_events_page(shelf.pool, 1, None)).rows
    assert await found(2, first.id) == everything[1:3]
    assert await found(station_id="CS/1", type="A") == [("CS/1", "A"), ("CS/1", "A")]
    assert await found(type="B") == [("CS2", "B"), ("CS/1", "B")]
