"""Meter readings over time, for transactions and for what is measured beside them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.events import StationDay, Transaction
from domain.values import Evse, MeterReading, SampledValue
from projections.metering import latest_readings, meter_values, meter_values_of, meter_values_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REGISTER, POWER, SOC = "Energy.Active.Import.Register", "Power.Active.Import", "SoC"


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def sample(measurand: str, value: Any, unit: str = "", **more: Any) -> SampledValue:
    return SampledValue(Decimal(value), measurand=measurand, unit=unit, **more)


def reading(minute: float, *samples: SampledValue) -> MeterReading:
    return MeterReading(at(minute), samples)


def metered(*messages: Iterable[MeterReading], id: str = "T1") -> Transaction:
    transaction = Transaction.blank(Transaction.stream("CS1", id, NOON))
    for n, readings in enumerate(messages):
        transaction.meter(at(n), occurred_at=at(n), seq_no=n, readings=tuple(readings))
    return transaction


async def test_the_five_series_of_a_reading_in_base_units(shelf: Shelf) -> None:
    told = reading(
        1,
        sample(REGISTER, "12.5", "kWh"),
        sample(POWER, "3.6", "kW", phase="L1"),
        sample(POWER, "3.7", "kW", phase="L2"),
        sample(SOC, 55, "Percent"),
        sample("Current.Import", 16, "A", phase="L1"),
        sample("Current.Import", 15, "A", phase="L2"),
        sample("Voltage", 231, "V", phase="L1-N"),
        sample("Temperature", 40, "Celsius"),
    )
    await shelf.given(metered([told]))
    await shelf.show(meter_values)
    row = await shelf.row(meter_values, "meter_value")
    assert row == {
        "owner": "CS1/T1",
        "evse_id": 0,
        "at": at(1),
        "register_wh": Decimal(12500),
        "power_w": Decimal(7300),
        "soc_percent": Decimal(55),
        "current_a": Decimal(16),
        "voltage_v": Decimal(231),
    }


async def test_a_reading_with_none_of_them_leaves_no_row(shelf: Shelf) -> None:
    signed_only = SampledValue(None)
    await shelf.given(metered([reading(1, sample("Temperature", 40)), reading(2, signed_only), reading(3)]))
    await shelf.show(meter_values)
    assert await shelf.rows(meter_values, "meter_value") == []


@pytest.mark.parametrize("batch", [1, 2, 1000])
async def test_messages_about_one_moment_add_up_wherever_a_batch_ends(shelf: Shelf, batch: int) -> None:
    await shelf.given(
        metered(
            [reading(1, sample(REGISTER, 100), sample(SOC, 50))],
            [reading(1, sample(POWER, 7000))],
            [reading(1, sample(REGISTER, 101), sample("Voltage", 230))],
            [reading(2, sample(SOC, 51))],
        )
    )
    await shelf.show(meter_values, batch=batch)
    first, second = await shelf.rows(meter_values, "meter_value", "at")
    assert list(first.values())[3:] == [Decimal(101), Decimal(7000), Decimal(50), None, Decimal(230)]
    assert list(second.values())[3:] == [None, None, Decimal(51), None, None]


async def test_readings_that_come_late_find_their_place(shelf: Shelf) -> None:
    await shelf.given(metered([reading(5, sample(REGISTER, 500))], [reading(1, sample(REGISTER, 100))]))
    await shelf.show(meter_values)
    page = await meter_values_page(shelf.pool, "CS1/T1", 9, None)
    assert [(row.at, row.register_wh) for row in page.rows] == [(at(1), 100), (at(5), 500)]


async def test_what_is_measured_outside_of_transactions_belongs_to_the_station_and_evse(shelf: Shelf) -> None:
    day = StationDay.open("CS/1", None, NOON)
    day.meter(Evse(0), (reading(1, sample(POWER, 1)),), None, at(1))
    day.meter(Evse(2), (reading(1, sample(POWER, 2)),), None, at(1))
    await shelf.given(day)
    await shelf.show(meter_values)
    rows = await shelf.rows(meter_values, "meter_value", "evse_id")
    assert [(r["owner"], r["evse_id"], r["power_w"]) for r in rows] == [("CS%2F1", 0, 1), ("CS%2F1", 2, 2)]


async def test_pages_and_latest_readings_of_several_transactions(shelf: Shelf) -> None:
    for id, count in (("T1", 3), ("T2", 1)):
        await shelf.given(metered([reading(n, sample(REGISTER, n)) for n in range(count)], id=id))
    await shelf.show(meter_values)
    pages = await meter_values_of(shelf.pool, ["CS1/T1", "CS1/T2", "CS1/no"], first=2, after=None)
    shown = {owner: ([int(r.register_wh or 0) for r in page.rows], page.has_next) for owner, page in pages.items()}
    assert shown == {"CS1/T1": ([0, 1], True), "CS1/T2": ([0], False), "CS1/no": ([], False)}
    page = await meter_values_page(shelf.pool, "CS1/T1", 2, at(1))
    assert ([r.at for r in page.rows], page.has_next) == ([at(2)], False)
    latest = await latest_readings(shelf.pool, ["CS1/T1", "CS1/no"])
    assert {owner: row.at for owner, row in latest.items()} == {"CS1/T1": at(2)}
