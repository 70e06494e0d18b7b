"""What was to be in or out of service last, and what the station answered: one row a station, EVSE and connector."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.availability_wishes import AvailabilityBook
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()


class AvailabilityWishRow(Row, frozen=True, gc=False):
    station_id: str
    evse_id: int
    """0 is the whole station."""
    connector_id: int
    """0 is the whole EVSE."""
    operative: bool
    outcome: str
    answered_at: datetime


def _key(event: DomainEvent) -> Key | None:
    if not isinstance(event, AvailabilityBook.ChangeAnswered):
        return None
    return parse(event.originator_id).station_id, event.evse.id, event.evse.connector_id or 0


availability_wish = Table(
    AvailabilityWishRow,
    sa.Table(
        "availability_wish",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("evse_id", sa.Integer, primary_key=True),
        sa.Column("connector_id", sa.Integer, primary_key=True),
        sa.Column("operative", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    ),
    key_of=_key,
)


def change_answered(rows: Rows, event: AvailabilityBook.ChangeAnswered) -> None:
    evse = event.evse
    station_id = parse(event.originator_id).station_id or ""
    row = AvailabilityWishRow(
        station_id, evse.id, evse.connector_id or 0, event.operative, event.outcome, event.timestamp
    )
    rows.put(availability_wish, row)


availability_wishes = ReadModel(
    "availability_wishes",
    version=1,
    tables=(availability_wish,),
    handlers={AvailabilityBook.ChangeAnswered: change_answered},
)


async def wishes_of(pool: asyncpg.Pool, station_id: str) -> list[AvailabilityWishRow]:
    query = (
        f"SELECT * FROM {availability_wishes.schema}.availability_wish WHERE station_id = $1"  # noqa: S608
        " ORDER BY evse_id, connector_id"
    )
    return [AvailabilityWishRow(*record) for record in await pool.fetch(query, station_id)]
