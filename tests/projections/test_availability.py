"""Stations and connectors: what is shown of what they said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.events import Command, Station, StationDay, Tariff, Transaction
from domain.rating import PriceElement, PriceKind
from domain.station import Identity
from domain.station_day import Connection, ConnectorStatus
from domain.tariff import Terms
from domain.values import Evse, RegistrationStatus
from projections.availability import availability, connectors_of, online_at_nodes, stations_by_id, stations_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def day() -> StationDay:
    return StationDay.open("CS1", None, NOON)


def connect(day: StationDay, id: str, node: str = "n1", minute: float = 0) -> None:
    day.connect(Connection(id, node, "2.0.1", at(minute)), 1, "10.0.0.1", at(minute))


def status(day: StationDay, status: str, occurred: float, learned: float, evse: int = 1, **more: Any) -> None:
    day.report_status(ConnectorStatus(evse, 1, status, more.pop("error", None)), at(occurred), at(learned), **more)


async def station(shelf: Shelf) -> dict[str, Any]:
    await shelf.show(availability)
    return await shelf.row(availability, "station")


async def connector(shelf: Shelf) -> dict[str, Any]:
    await shelf.show(availability)
    return await shelf.row(availability, "connector")


async def test_a_registered_station_that_never_came_is_offline(shelf: Shelf) -> None:
    cs1 = Station.blank(Station.stream("CS1"))
    cs1.register(security_profile=1, credential="f", at=NOON)
    await shelf.given(cs1)
    row = await station(shelf)
    assert (row["station_id"], row["online"], row["security_profile"]) == ("CS1", False, 1)
    assert (row["registered_at"], row["last_seen_at"]) == (NOON, None)
    cs1.register(security_profile=0, credential=None, at=at(1))
    await shelf.given(cs1)
    assert (await station(shelf))["security_profile"] == 0


async def test_a_station_shows_what_it_said_of_itself_at_its_boot(shelf: Shelf, day: StationDay) -> None:
    cs1 = Station.blank(Station.stream("CS1"))
    cs1.register(security_profile=0, credential=None, at=NOON)
    told = Identity("Volt & Co", "X-22", "sn-7", "1.2.3")
    cs1.boot(told, at(1))
    day.boot(told, RegistrationStatus.ACCEPTED, 300, "PowerUp", at(1))
    await shelf.given(cs1, day)
    row = await station(shelf)
    shown = row["vendor"], row["model"], row["serial_number"], row["firmware_version"]
    assert shown == ("Volt & Co", "X-22", "sn-7", "1.2.3")
    assert (row["registration_status"], row["booted_at"]) == ("Accepted", at(1))


async def test_the_tariff_of_the_whole_station_is_shown_and_that_of_one_evse_is_not(shelf: Shelf) -> None:
    cs1 = Station.blank(Station.stream("CS1"))
    cs1.register(security_profile=0, credential=None, at=NOON)
    cs1.assign_tariff("day", None, at(1))
    cs1.assign_tariff("fast", 2, at(2))
    await shelf.given(cs1)
    assert (await station(shelf))["tariff_id"] == "day"
    cs1.assign_tariff(None, None, at(3))
    await shelf.given(cs1)
    assert (await station(shelf))["tariff_id"] is None


async def test_a_station_is_online_from_its_connection_to_its_end(shelf: Shelf, day: StationDay) -> None:
    connect(day, "c1")
    await shelf.given(day)
    row = await station(shelf)
    assert (row["online"], row["node"], row["connection_id"], row["ocpp_version"]) == (True, "n1", "c1", "2.0.1")
    assert [r.station_id for r in await online_at_nodes(shelf.pool, ["n1"])] == ["CS1"]
    day.disconnect("c1", "gone", at(5))
    await shelf.given(day)
    row = await station(shelf)
    assert (row["online"], row["node"], row["connection_id"]) == (False, None, None)
    assert row["connected_at"] == NOON, "when it was last connected stays"


async def test_the_end_of_an_old_connection_leaves_the_new_one_online(shelf: Shelf, day: StationDay) -> None:
    connect(day, "c1", "n1", 0)
    connect(day, "c2", "n2", 1)
    late = StationDay.Disconnected(
        originator_id=day.id, originator_version=day.version + 1, timestamp=at(2), connection_id="c1", reason="late"
    )
    await shelf.record([*day.collect_events(), late])
    row = await station(shelf)
    assert (row["online"], row["node"], row["connection_id"]) == (True, "n2", "c2")


async def test_the_end_of_a_connection_nobody_knows_shows_nothing(shelf: Shelf) -> None:
    stray = StationDay.Disconnected(
        originator_id=StationDay.stream("CS1", NOON.date()),
        originator_version=1,
        timestamp=NOON,
        connection_id="c1",
        reason="stray",
    )
    await shelf.record([stray])
    await shelf.show(availability)
    assert await shelf.rows(availability, "station") == []


async def test_a_status_queued_offline_does_not_override_what_happened_since(shelf: Shelf, day: StationDay) -> None:
    status(day, "Faulted", occurred=10, learned=10, error="GroundFailure", info="rcd")
    status(day, "Available", occurred=5, learned=11)
    await shelf.given(day)
    row = await connector(shelf)
    assert (row["status"], row["error_code"], row["info"]) == ("Faulted", "GroundFailure", "rcd")
    assert (row["occurred_at"], row["updated_at"]) == (at(10), at(10))


async def test_of_two_reports_of_one_moment_the_later_to_arrive_counts(shelf: Shelf, day: StationDay) -> None:
    status(day, "Preparing", occurred=10, learned=10)
    status(day, "Charging", occurred=10, learned=11)
    await shelf.given(day)
    row = await connector(shelf)
    assert (row["status"], row["updated_at"]) == ("Charging", at(11))


async def test_a_time_in_whole_seconds_is_not_older_than_our_own(shelf: Shelf, day: StationDay) -> None:
    status(day, "Preparing", occurred=10 + 0.9 / 60, learned=10 + 0.9 / 60)
    status(day, "Charging", occurred=10, learned=10 + 1 / 60)
    await shelf.given(day)
    assert (await connector(shelf))["status"] == "Charging"


async def test_a_stale_report_is_stale_over_batches_and_midnight_too(shelf: Shelf, day: StationDay) -> None:
    status(day, "Faulted", occurred=10, learned=10)
    await shelf.given(day)
    await shelf.show(availability)
    tomorrow = StationDay.open("CS1", day, at(24 * 60))
    status(tomorrow, "Available", occurred=5, learned=24 * 60)
    await shelf.given(tomorrow)
    assert (await connector(shelf))["status"] == "Faulted"


async def test_the_station_itself_is_not_among_its_connectors(shelf: Shelf, day: StationDay) -> None:
    for evse in (2, 0, 1):
        day.report_status(ConnectorStatus(evse, int(evse > 0), "Available"), NOON, NOON)
    await shelf.given(day)
    await shelf.show(availability)
    found = await connectors_of(shelf.pool, ["CS1", "nobody"])
    assert [c.evse_id for c in found["CS1"]] == [1, 2]
    assert found["nobody"] == []


async def test_a_station_was_last_seen_when_it_last_said_something(shelf: Shelf, day: StationDay) -> None:
    connect(day, "c1", minute=0)
    day.receive("Heartbeat", at(1))
    await shelf.given(day)
    assert (await station(shelf))["last_seen_at"] == at(1)
    transaction = Transaction.blank(Transaction.stream("CS1", "T1", at(2)))
    transaction.start(at(2), occurred_at=at(-600), evse=Evse(1, 1))
    await shelf.given(transaction)
    assert (await station(shelf))["last_seen_at"] == at(2), "by our clock, not by its own"


async def test_what_others_do_about_a_station_does_not_count_as_seen(shelf: Shelf, day: StationDay) -> None:
    connect(day, "c1")
    cs1 = Station.blank(Station.stream("CS1"))
    cs1.register(security_profile=0, credential=None, at=at(1))
    reset = Command.blank(Command.stream("CS1", "c-1", at(2)))
    reset.request(
        station_id="CS1",
        command_id="c-1",
        action="Reset",
        payload={},
        typed=False,
        expires_at=at(9),
        idempotency_key=None,
        at=at(2),
    )
    tariff = Tariff.blank(Tariff.stream("CS1"))
    tariff.define(Terms("EUR", (PriceElement(PriceKind.FLAT, Decimal(1)),)), at(3))
    tomorrow = StationDay.open("CS1", day, at(24 * 60))
    tomorrow.disconnect("c1", "the process that held the connection ended", at(24 * 60))
    await shelf.given(day, cs1, reset, tariff, tomorrow)
    row = await station(shelf)
    assert (row["last_seen_at"], row["online"]) == (NOON, False)


async def test_stations_come_in_pages_by_id_and_filtered(shelf: Shelf) -> None:
    for n in (3, 1, 2):
        day = StationDay.open(f"CS{n}", None, NOON)
        connect(day, f"c{n}")
        if n == 2:
            day.disconnect("c2", "gone", at(1))
        await shelf.given(day)
    await shelf.show(availability)
    page = await stations_page(shelf.pool, 2, None)
    assert ([row.station_id for row in page.rows], page.has_next) == (["CS1", "CS2"], True)
    page = await stations_page(shelf.pool, 2, "CS2")
    assert ([row.station_id for row in page.rows], page.has_next) == (["CS3"], False)
    assert [row.station_id for row in (await stations_page(shelf.pool, 9, None, online=False)).rows] == ["CS2"]
    assert [row.station_id for row in (await stations_page(shelf.pool, 9, None, ids=["CS3", "x"])).rows] == ["CS3"]
    assert set(await stations_by_id(shelf.pool, ["CS1", "x"])) == {"CS1"}
