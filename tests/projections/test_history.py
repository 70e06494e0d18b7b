"""Which events there are, by station and transaction, in the order of the journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.events import IdTokenRecord, Station, StationDay, Transaction
from domain.id_token import Permission
from domain.journal import Entry, Evidence
from domain.values import AuthorizationStatus, Evse, IdToken
from projections.history import events_page, history, news_after, position_of_stream
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATION = "CS/1:ü"


@pytest.fixture
async def told(shelf: Shelf) -> int:
    """Six events; returns the position of the last."""
    station = Station.blank(Station.stream(STATION))
    station.register(security_profile=0, credential=None, at=NOON)
    day = StationDay.open(STATION, None, NOON)
    day.receive("Heartbeat", NOON)
    token = IdTokenRecord.blank(IdTokenRecord.stream("A"))
    token.set(IdToken("A"), Permission(AuthorizationStatus.ACCEPTED), NOON)
    transaction = Transaction.blank(Transaction.stream(STATION, "T/1", NOON))
    transaction.start(NOON, occurred_at=NOON, evse=Evse(1))
    other = StationDay.open("CS2", None, NOON)
    position = await shelf.given(station, day, token, transaction, other)
    await shelf.show(history)
    return position


async def types(shelf: Shelf, first: int = 99, after: int | None = None, **where: Any) -> list[str]:
    return [row.topic for row in (await events_page(shelf.pool, first, after, **where)).rows]


async def test_all_events_in_the_order_in_which_they_were_recorded(shelf: Shelf, told: int) -> None:
    everything = [
        "station.registered",
        "day.opened",
        "day.message-received",
        "id-token.set",
        "transaction.started",
        "day.opened",
    ]
    assert await types(shelf) == everything
    page = await events_page(shelf.pool, 4, None)
    assert page.has_next
    assert await types(shelf, after=page.rows[-1].position) == everything[4:]
    assert await types(shelf, until=page.rows[1].position) == everything[:2]
    assert await types(shelf, after=told) == []


async def test_events_of_a_station_or_a_transaction_as_people_name_them(shelf: Shelf, told: int) -> None:
    of_station = ["station.registered", "day.opened", "day.message-received", "transaction.started"]
    assert await types(shelf, station_id=STATION) == of_station
    assert await types(shelf, transaction_id="T/1") == ["transaction.started"]
    assert await types(shelf, station_id=STATION, types=["day.opened", "x"]) == ["day.opened"]
    assert await types(shelf, station_id="CS") == []


async def test_an_event_comes_with_its_evidence_byte_for_byte(shelf: Shelf) -> None:
    day = StationDay.open("CS1", None, NOON)
    [opened] = day.collect_events()
    await shelf.journal.append([Entry(opened, Evidence("ocpp1.6", b'[2,"1","\xff', b"[3]"))])  # type: ignore[arg-type]
    await shelf.show(history)
    [row] = (await events_page(shelf.pool, 9, None)).rows
    assert (row.protocol, row.request, row.reply, row.version) == ("ocpp1.6", b'[2,"1","\xff', b"[3]", 1)


async def test_the_position_of_a_stream_is_known_before_any_read_model_shows_it(shelf: Shelf) -> None:
    day = StationDay.open("CS1", None, NOON)
    day.receive("Heartbeat", NOON)
    position = await shelf.given(day)
    assert await position_of_stream(shelf.pool, day.id) == position
    assert await position_of_stream(shelf.pool, "day:2026-11-21:CS1") == 0


async def test_news_name_what_the_events_after_a_position_concern(shelf: Shelf, told: int) -> None:
    start = await news_after(shelf.pool, None, [history], [])
    assert (start.upto, start.concerns, start.more) == (told, [], False)
    news = await news_after(shelf.pool, 0, [history], ["station.registered"])
    assert (news.upto, news.more) == (told, False)
    name = "CS%2F1%3A%C3%BC"
    expected = {(name, None, True), (name, "T%2F1", False), (None, None, False), ("CS2", None, False)}
    assert set(news.concerns) == expected


async def test_news_that_are_too_many_at_once_come_in_parts(shelf: Shelf, told: int) -> None:
    after, parts, concerned = 0, 0, set()
    while True:
        news = await news_after(shelf.pool, after, [history], [], limit=2)
        assert news.upto > after or not news.more
        after, parts, concerned = news.upto, parts + 1, concerned | {station for station, *_ in news.concerns}
        if not news.more:
            break
    assert (after, parts) == (told, 4)
    assert concerned == {"CS%2F1%3A%C3%BC", "CS2", None}


async def test_there_are_no_news_that_a_lagging_read_model_does_not_show(shelf: Shelf, told: int) -> None:
    day = StationDay.open("CS3", None, NOON + timedelta(days=1))
    await shelf.given(day)
    assert (await news_after(shelf.pool, told, [history], [])).upto == told
    await shelf.show(history)
    assert [station for station, *_ in (await news_after(shelf.pool, told, [history], [])).concerns] == ["CS3"]
