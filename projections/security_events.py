"""Security events of stations: one row an event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import sqlalchemy as sa

from domain.security import SecurityBook
from domain.streams import parse
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)


class SecurityEventRow(Row, frozen=True, gc=False):
    id: str
    """Leads with the time at which we learned of it."""
    station_id: str
    type: str
    occurred_at: datetime
    tech_info: str | None
    received_at: datetime


security_event = Table(
    SecurityEventRow,
    sa.Table(
        "security_event",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", _instant, nullable=False),
        sa.Column("tech_info", sa.Text),
        sa.Column("received_at", _instant, nullable=False),
        sa.Index("security_event_station", "station_id", "id"),
        sa.Index("security_event_type", "type", "id"),
    ),
    key_of=lambda _: None,
    merges=True,
)


def event_notified(rows: Rows, event: SecurityBook.EventNotified) -> None:
    station_id = parse(event.originator_id).station_id or ""
    rows.put(
        security_event,
        SecurityEventRow(
            id=f"{event.timestamp:%Y%m%d%H%M%S%f}-{station_id}-{event.originator_version}",
            station_id=station_id,
            type=event.type,
            occurred_at=event.occurred_at,
            tech_info=event.tech_info,
            received_at=event.timestamp,
        ),
    )


security_events = ReadModel(
    "security_events", version=1, tables=(security_event,), handlers={SecurityBook.EventNotified: event_notified}
)


async def security_events_page(
    pool: asyncpg.Pool, first: int, after: str | None, **where: Any
) -> Page[SecurityEventRow]:
    """Security events, the one we learned of last first. `where`: station_id, type."""
    return await fetch_page(
        pool,
        f"{security_events.schema}.security_event",
        SecurityEventRow,
        order="id",
        first=first,
        after=after,
        descending=True,
        where={"station_id = {}": where.get("station_id"), "type = {}": where.get("type")},
    )
