"""Events that cannot be applied: set aside with their stream, or, where money is counted, stopped at."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
import structlog

from domain.charge_detail_record import Settlement
from domain.events import ChargeDetailRecord, StationDay, Transaction
from domain.rating import Course, rate
from domain.station_day import ConnectorStatus
from domain.values import Evse, MeterReading, SampledValue
from projections.all import READ_MODELS
from projections.availability import availability
from projections.billing import billing
from projections.metering import meter_values
from projections.model import ReadModel, Rows
from projections.rebuild import RebuildFailed, rebuild
from projections.runner import Runner, RunnerCounters
from projections.sessions import sessions
from tests.projections.shelf import Shelf, until
from tests.projections.tally import tally

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Flaw:
    """A read model cannot apply the second event of CS1, as long as it is `there`."""

    there = True

    def __call__(self, event: Any) -> None:
        if self.there and event.originator_id.endswith(":CS1") and event.originator_version == 3:
            raise ValueError("cannot be counted")


def day(name: str, beats: int = 3) -> StationDay:
    day = StationDay.open(name, None, NOON)
    for _ in range(beats):
        day.receive("Heartbeat", NOON)
    return day


def mixed(*names: str) -> list[Any]:
    """The events of several stations' days, taking turns."""
    days = [day(name).collect_events() for name in names]
    return [event for turn in zip(*days, strict=True) for event in turn]


async def versions(shelf: Shelf) -> dict[str, str]:
    return {row["stream"][-3:]: row["versions"] for row in await shelf.rows(tally(), "tally")}


@pytest.mark.parametrize("batch", [1, 4, 1000])
async def test_a_stream_stands_still_at_its_poison_and_the_others_flow(shelf: Shelf, batch: int) -> None:
    position = await shelf.record(mixed("CS1", "CS2", "CS3"))
    model = tally(Flaw())
    await shelf.show(model, batch=batch)
    assert await versions(shelf) == {"CS1": " 2", "CS2": " 2 3 4", "CS3": " 2 3 4"}
    assert await shelf.parked(model) == ["day:2026-11-20:CS1"]
    assert await shelf.position(model) == position


async def test_a_parked_event_is_counted_and_tells_its_error(shelf: Shelf) -> None:
    await shelf.record(mixed("CS1", "CS2"))
    counted: list[str] = []
    counters = RunnerCounters(parked=counted.append)
    await Runner(shelf.journal, shelf.pool, [tally(Flaw())], counters=counters).catch_up()
    assert counted == ["tally"]
    assert await shelf.pool.fetchval("SELECT error FROM parked_event") == "ValueError('cannot be counted')"


async def test_a_parked_stream_stays_parked_after_a_restart(shelf: Shelf) -> None:
    model = tally(Flaw())
    cs1 = day("CS1")
    await shelf.given(cs1)
    await shelf.show(model)
    cs1.receive("Heartbeat", NOON)
    await shelf.given(cs1, day("CS2"))
    await shelf.show(model)
    assert await versions(shelf) == {"CS1": " 2", "CS2": " 2 3 4"}


async def test_a_rebuild_heals_what_was_parked(shelf: Shelf) -> None:
    flaw = Flaw()
    model = tally(flaw)
    await shelf.record(mixed("CS1", "CS2"))
    await shelf.show(model)
    await rebuild(shelf.journal, shelf.pool, model, lambda done, of: None)
    assert await shelf.parked(model) == ["day:2026-11-20:CS1"], "the flaw is still there"
    flaw.there = False
    await rebuild(shelf.journal, shelf.pool, model, lambda done, of: None)
    assert await versions(shelf) == {"CS1": " 2 3 4", "CS2": " 2 3 4"}
    assert await shelf.parked(model) == []


async def test_one_poisoned_read_model_holds_up_no_other(shelf: Shelf) -> None:
    position = await shelf.record(mixed("CS1", "CS2"))
    halting = tally(Flaw(), money=True)
    await shelf.show(*READ_MODELS, halting)
    assert {await shelf.position(model) for model in READ_MODELS} == {position}
    assert await shelf.position(halting) < position


@pytest.mark.parametrize("batch", [1, 1000])
async def test_a_read_model_that_counts_money_stops_instead(shelf: Shelf, batch: int) -> None:
    await shelf.record(mixed("CS1", "CS2"))
    model = tally(Flaw(), money=True)
    await Runner(shelf.journal, shelf.pool, [model], batch=batch).catch_up()
    assert await versions(shelf) == {"CS1": " 2", "CS2": " 2"}, "nothing after the poison, whosever it is"
    halted = await shelf.halted(model)
    assert halted is not None
    assert "version 3 of day:2026-11-20:CS1: ValueError('cannot be counted')" in halted
    assert await shelf.parked(model) == []


async def test_a_halted_read_model_says_so_at_each_start_and_what_to_do(shelf: Shelf) -> None:
    await shelf.record(mixed("CS1", "CS2"))
    model = tally(Flaw(), money=True)
    await shelf.show(model)
    with structlog.testing.capture_logs() as logs:
        await shelf.show(model)
    [line] = [line for line in logs if line["event"] == "read_model.halted"]
    assert line["to_do"] == "csms rebuild tally"


async def test_a_rebuild_that_meets_the_poison_leaves_everything_as_it_was(shelf: Shelf) -> None:
    await shelf.record(mixed("CS1", "CS2"))
    model = tally(Flaw(), money=True)
    await shelf.show(model)
    shown = await shelf.contents(model)
    with pytest.raises(RebuildFailed, match="cannot be counted"):
        await rebuild(shelf.journal, shelf.pool, model, lambda done, of: None)
    assert await shelf.contents(model) == shown
    assert await shelf.pool.fetchval("SELECT count(*) FROM read_model") == 1, "nothing is left beside"
    assert await shelf.pool.fetchval("SELECT to_regnamespace('tally_v1_new')") is None


async def test_a_running_process_takes_a_halted_read_model_up_again_when_it_was_rebuilt(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.runner._LOOK_AFTER_HALTED", 0.05)
    flaw = Flaw()
    model = tally(flaw, money=True)
    await shelf.record(mixed("CS1", "CS2"))
    task = asyncio.create_task(Runner(shelf.journal, shelf.pool, [model, availability]).run())
    await until(lambda: _is_halted(shelf, model))
    flaw.there = False
    await rebuild(shelf.journal, shelf.pool, model, lambda done, of: None)
    more = await shelf.given(day("CS4"))
    await until(lambda: _is_at(shelf, model, more))
    task.cancel()
    assert await versions(shelf) == dict.fromkeys(("CS1", "CS2", "CS4"), " 2 3 4")


async def _is_halted(shelf: Shelf, model: ReadModel) -> bool:
    return bool(await shelf.pool.fetchval("SELECT halted FROM read_model WHERE name = $1", model.schema))


async def _is_at(shelf: Shelf, model: ReadModel, position: int) -> bool:
    return await shelf.position(model) == position


async def test_values_that_postgres_has_no_room_for_are_poison(shelf: Shelf) -> None:
    nul, wide, fine = (StationDay.open(name, None, NOON) for name in ("nul", "wide", "fine"))
    nul.report_status(ConnectorStatus(1, 1, "Faulted"), NOON, NOON, info="\0")
    wide.report_status(ConnectorStatus(2**40, 1, "Available"), NOON, NOON)
    fine.report_status(ConnectorStatus(1, 1, "Available"), NOON, NOON)
    huge = StationDay.open("huge", None, NOON)
    huge.meter(Evse(1), (MeterReading(NOON, (SampledValue(Decimal("1e400000")),)),), None, NOON)
    position = await shelf.given(nul, wide, huge, fine)
    await shelf.show(availability, meter_values)
    assert await shelf.parked(availability) == [nul.id, wide.id]
    assert await shelf.parked(meter_values) == [huge.id]
    assert [row["station_id"] for row in await shelf.rows(availability, "connector")] == ["fine"]
    assert {await shelf.position(availability), await shelf.position(meter_values)} == {position}


async def test_energy_beyond_all_measure_halts_billing_and_is_set_aside_elsewhere(shelf: Shelf) -> None:
    transaction = Transaction.blank(Transaction.stream("CS1", "T1", NOON))
    transaction.start(NOON, occurred_at=NOON, meter_start_wh=0)
    transaction.end(NOON, occurred_at=NOON, meter_stop_wh=10**30)
    record = ChargeDetailRecord.blank(ChargeDetailRecord.stream(transaction.id))
    record.settle(Settlement(NOON, NOON, 10**30, 0, rate(Course(None, None), None)), NOON)
    position = await shelf.record([*transaction.collect_events(), *record.collect_events()])
    await shelf.show()
    assert await shelf.parked(sessions) == [transaction.id]
    assert await shelf.halted(billing) is not None
    assert await shelf.position(sessions) == position


class Mistaken(ReadModel):
    async def write(self, connection: Any, schema: str, rows: Rows, first: int, last: int) -> None:
        await connection.execute("INSERT INTO nowhere VALUES (1)")


async def test_a_mistake_in_sql_parks_nothing_and_holds_up_no_other(shelf: Shelf) -> None:
    position = await shelf.record(mixed("CS1", "CS2"))
    mistaken, money = tally(kind=Mistaken), tally(kind=Mistaken, money=True, name="till")
    for _ in range(2):
        with pytest.raises(asyncpg.UndefinedTableError):
            await shelf.show(mistaken, money, availability)
    assert (await shelf.position(mistaken), await shelf.position(money)) == (0, 0)
    assert await shelf.position(availability) == position
    assert await shelf.pool.fetchval("SELECT count(*) FROM parked_event") == 0
    assert (await shelf.halted(mistaken), await shelf.halted(money)) == (None, None)


async def unreadable(shelf: Shelf, stream: str, version: int, topic: str, state: bytes = b"{}") -> None:
    """What a later release has written."""
    await shelf.pool.execute(
        "INSERT INTO stored_events SELECT $1, $2, $3, $4,"
        " (SELECT base FROM journal_epoch) + (pg_current_xact_id()::text::bigint << 16) + 1",
        stream,
        version,
        topic,
        state,
    )


async def test_an_event_of_a_later_release_is_set_aside_with_its_stream(shelf: Shelf) -> None:
    cs1, cs2 = day("CS1"), day("CS2")
    await shelf.given(cs1)
    await unreadable(shelf, cs1.id, 5, "day.teleported")
    position = await shelf.given(cs2)
    await shelf.show(*READ_MODELS, tally())
    assert await shelf.parked(availability) == await shelf.parked(tally()) == [cs1.id]
    assert await shelf.halted(billing) is None, "a bill does not depend on what a day says"
    assert {await shelf.position(model) for model in READ_MODELS} == {position}
    assert await versions(shelf) == {"CS1": " 2 3 4", "CS2": " 2 3 4"}


async def test_a_bill_that_cannot_be_read_halts_billing(shelf: Shelf) -> None:
    stream = Transaction.stream("CS1", "T1", NOON)
    await unreadable(shelf, stream, 1, "transaction.started", b'{"class_version": 99}')
    await unreadable(
        shelf, ChargeDetailRecord.stream(stream), 1, "charge-detail-record.issued", b'{"class_version": 99}'
    )
    position = await shelf.given(day("CS2"))
    await shelf.show()
    halted = await shelf.halted(billing)
    assert halted is not None
    assert "later release" in halted
    assert await shelf.parked(sessions) == [stream]
    assert await shelf.position(sessions) == position
    with pytest.raises(RebuildFailed, match="later release"):
        await rebuild(shelf.journal, shelf.pool, billing, lambda done, of: None)
