"""A stream told again, up to a moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from app.replay import line, replay
from domain.aggregate import Aggregate
from domain.events import Command, IdTokenRecord, Station, StationDay, Tariff, Transaction
from domain.id_token import Permission
from domain.journal import Entry, InMemoryJournal
from domain.rating import PriceElement, PriceKind
from domain.station_day import Connection, ConnectorStatus
from domain.tariff import Terms
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading, SampledValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
async def journal() -> InMemoryJournal:
    """One stream of each kind."""
    station, day = Station.blank(Station.stream("CS1")), StationDay.open("CS1", None, NOON)
    station.register(security_profile=1, credential="f", at=at(0))
    station.assign_tariff("day", None, at(1))
    station.assign_tariff("fast", 2, at(2))
    day.connect(Connection("c1", "n1", "1.6", NOON), 0, None, at(1))
    day.report_status(ConnectorStatus(1, 2, "Available"), None, at(2))
    transaction = Transaction.blank(Transaction.stream("CS1", "T1", NOON))
    readings = (MeterReading(at(5), (SampledValue(Decimal("1.5")),)),)
    transaction.start(at(0), occurred_at=at(0), evse=Evse(1, 2), meter_start_wh=0, id_token=IdToken("A"))
    transaction.meter(at(5), occurred_at=at(5), readings=readings)
    transaction.end(at(9), occurred_at=at(9), meter_stop_wh=700)
    token = IdTokenRecord.blank(IdTokenRecord.stream("A"))
    token.set(IdToken("A"), Permission(AuthorizationStatus.ACCEPTED, at(60)), NOON)
    tariff = Tariff.blank(Tariff.stream("day"))
    tariff.define(Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal("0.39")),)), NOON)
    command = Command.blank(Command.stream("CS1", "c", NOON))
    command.request(
        station_id="CS1", command_id="c", action="Reset", payload={"type": "Soft"}, typed=False,
        expires_at=at(1), idempotency_key=None, at=NOON,
    )  # fmt: skip
    journal = InMemoryJournal()
    told: list[Aggregate] = [station, day, transaction, token, tariff, command]
    await journal.append([Entry(cast(Any, event)) for one in told for event in one.collect_events()])
    return journal


async def test_every_kind_of_stream_can_be_told_as_json(journal: InMemoryJournal) -> None:
    kinds = set()
    for stream in {recorded.event.originator_id for recorded in journal.recorded}:
        told = await replay(journal, stream)
        assert told.state, stream
        json.dumps(told.state)
        assert [json.loads(line(event))["version"] for event in told.events] == [n + 1 for n in range(len(told.events))]
        kinds.add(stream.partition(":")[0])
    assert kinds == {"station", "day", "transaction", "id-token", "tariff", "command"}


async def test_the_state_names_what_json_has_no_key_for(journal: InMemoryJournal) -> None:
    assert (await replay(journal, "station:CS1")).state["tariffs"] == {"null": "day", "2": "fast"}
    day = await replay(journal, "day:2026-11-20:CS1")
    assert day.state["connectors"]["1/2"]["status"] == "Available"


async def test_a_stream_is_told_as_of_a_moment(journal: InMemoryJournal) -> None:
    stream = "transaction:2026-11-20:CS1/T1"
    running = await replay(journal, stream, at(8))
    assert len(running.events) == 2
    assert running.state["facts"]["ended_at"] is None
    assert running.state["facts"]["register"]["last"] == "1.5"
    assert len((await replay(journal, stream, at(9))).events) == 3


async def test_an_event_is_told_with_what_it_says(journal: InMemoryJournal) -> None:
    [event] = (await replay(journal, "tariff:day")).events
    told = json.loads(line(event))
    assert (told["version"], told["type"], told["terms"]["currency"]) == (1, "tariff.defined", "EUR")


async def test_a_stream_that_is_not_there_is_named(journal: InMemoryJournal) -> None:
    with pytest.raises(LookupError, match=r"no stream 'station:CS2'$"):
        await replay(journal, "station:CS2")
    with pytest.raises(LookupError, match="no stream 'station:CS1' as of 2026-11-20T11:59"):
        await replay(journal, "station:CS1", at(-1))
