"""Meter readings over time: register, power, state of charge, current and voltage, one row an instant.

Doubles: this is to look at, and exact to the fifteenth digit. What is billed is computed from the events (`billing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import isinf

import asyncpg
import sqlalchemy as sa

from domain import metering
from domain.events import StationDay, Transaction
from domain.streams import parse
from domain.transaction import Occurrence
from domain.values import MeterReading
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page, fetch_pages

_metadata = sa.MetaData()


class MeterValueRow(Row, frozen=True, gc=False):
    """`owner` is a transaction's id, or the station's name for readings outside of transactions."""

    owner: str
    evse_id: int
    at: datetime
    register_wh: float | None
    power_w: float | None
    soc_percent: float | None
    current_a: float | None
    voltage_v: float | None


meter_value = Table(
    MeterValueRow,
    sa.Table(
        "meter_value",
        _metadata,
        sa.Column("owner", sa.Text(collation="C"), primary_key=True),
        sa.Column("evse_id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("register_wh", sa.Double),
        sa.Column("power_w", sa.Double),
        sa.Column("soc_percent", sa.Double),
        sa.Column("current_a", sa.Double),
        sa.Column("voltage_v", sa.Double),
    ),
    key_of=lambda event: None,
    merges=True,
)


def _double(value: Decimal) -> float:
    """Raises OverflowError for what no double holds; float() would make it infinite."""
    number = float(value)
    if isinf(number):
        raise OverflowError(f"{value:.3e} is no meter reading")
    return number


def row_of(owner: str, evse_id: int, reading: MeterReading) -> MeterValueRow | None:
    """The five series of a reading; None if it has none of them."""
    values = [None if value is None else _double(value) for value in metering.series(reading)]
    return MeterValueRow(owner, evse_id, reading.at, *values) if any(v is not None for v in values) else None


def _put(rows: Rows, owner: str, evse_id: int, readings: Sequence[MeterReading]) -> None:
    for reading in readings:
        row = row_of(owner, evse_id, reading)
        if row is not None:
            rows.put(meter_value, row)


def in_transaction(rows: Rows, event: Occurrence) -> None:
    # The transaction knows its EVSE; one series a transaction needs no other.
    _put(rows, parse(event.originator_id).name, 0, event.readings)


def metered(rows: Rows, event: StationDay.Metered) -> None:
    _put(rows, parse(event.originator_id).name, event.evse.id, event.readings)


meter_values = ReadModel(
    "metering",
    version=1,
    tables=(meter_value,),
    handlers={
        Transaction.Started: in_transaction,
        Transaction.Updated: in_transaction,
        Transaction.Metered: in_transaction,
        Transaction.Ended: in_transaction,
        StationDay.Metered: metered,
    },
)


async def meter_values_page(pool: asyncpg.Pool, owner: str, first: int, after: datetime | None) -> Page[MeterValueRow]:
    """The readings of a transaction in the order in which they were taken."""
    return await fetch_page(
        pool,
        f"{meter_values.schema}.meter_value",
        MeterValueRow,
        order="at",
        first=first,
        after=after,
        where={"owner = {}": owner, "evse_id = {}": 0},
    )


async def meter_values_of(
    pool: asyncpg.Pool, owners: Sequence[str], *, first: int, after: datetime | None
) -> dict[str, Page[MeterValueRow]]:
    """A page of the readings of each of several transactions."""
    return await fetch_pages(
        pool,
        f"{meter_values.schema}.meter_value",
        MeterValueRow,
        owner="owner",
        owners=owners,
        order="at",
        first=first,
        after=after,
        where={"evse_id = {}": 0},
    )


async def latest_readings(pool: asyncpg.Pool, owners: Sequence[str]) -> dict[str, MeterValueRow]:
    """The last reading of each of several transactions."""
    query = (
        f"SELECT m.* FROM unnest($1::text[]) AS wanted(owner), LATERAL (SELECT * FROM {meter_values.schema}.meter_value"  # noqa: S608
        " WHERE owner = wanted.owner AND evse_id = 0 ORDER BY at DESC LIMIT 1) m"
    )
    return {record["owner"]: MeterValueRow(*record) for record in await pool.fetch(query, list(owners))}
