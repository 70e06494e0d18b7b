"""History: one row an event, saying what it concerns; the event itself and its evidence stay in the journal.

Filled in SQL from the journal, since nothing has to be decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
import sqlalchemy as sa

from domain.streams import encoded
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page

_metadata = sa.MetaData()


class _EventRow(Row, frozen=True, gc=False):
    position: int
    stream: str
    version: int
    station: str | None
    transaction: str | None


class HistoryRow(Row, frozen=True, gc=False):
    """An event with its state and evidence; `state`, `request` and `reply` are bytes as stored."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes
    protocol: str | None
    request: bytes | None
    reply: bytes | None


event = Table(
    _EventRow,
    sa.Table(
        "event",
        _metadata,
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("station", sa.Text(collation="C")),
        sa.Column("transaction", sa.Text(collation="C")),
        sa.Index("event_station", "station", "position"),
        sa.Index("event_transaction", "transaction", "position", postgresql_where=sa.text("transaction IS NOT NULL")),
    ),
    key_of=lambda _: None,
)

_FILL = """
INSERT INTO {schema}.event (position, stream, version, station, transaction)
SELECT notification_id, originator_id, originator_version,
    CASE WHEN kind NOT IN ('id-token', 'tariff') THEN split_part(name, '/', 1) END,
    CASE WHEN kind = 'transaction' THEN split_part(name, '/', 2) END
FROM (
    SELECT *, split_part(originator_id, ':', 1) AS kind, split_part(originator_id, ':', -1) AS name
    FROM stored_events WHERE notification_id > $1 AND notification_id <= $2
) e
ON CONFLICT DO NOTHING
"""


class History(ReadModel):
    async def write(self, connection: Any, schema: str, rows: Rows, first: int, last: int) -> None:
        await connection.execute(_FILL.format(schema=schema), first, last)


history = History("history", version=1, tables=(event,), handlers={})


async def events_page(
    pool: asyncpg.Pool,
    first: int,
    after: int | None,
    *,
    station_id: str | None = None,
    transaction_id: str | None = None,
    types: Sequence[str] | None = None,
    until: int | None = None,
) -> Page[HistoryRow]:
    """Events in the order of the journal. `transaction_id` as the station knows it."""
    conditions = {
        "h.position > {}": after or 0,
        "h.position <= {}": until,
        "h.station = {}": encoded(station_id) if station_id is not None else None,
        "h.transaction = {}": encoded(transaction_id) if transaction_id is not None else None,
        "e.topic = ANY({}::text[])": list(types) if types else None,
    }
    given = {condition: value for condition, value in conditions.items() if value is not None}
    where = " AND ".join(condition.replace("{}", f"${n}") for n, condition in enumerate(given, 1))
    query = (
        "SELECT h.position, h.stream, h.version, e.topic, e.state, e.protocol, e.request, e.reply"  # noqa: S608
        f" FROM {history.schema}.event h"
        " JOIN stored_events e ON e.originator_id = h.stream AND e.originator_version = h.version"
        f" WHERE {where} ORDER BY h.position LIMIT ${len(given) + 1}"
    )
    records = await pool.fetch(query, *given.values(), first + 1)
    return Page([HistoryRow(*record) for record in records[:first]], len(records) > first)


async def position_of_stream(pool: asyncpg.Pool, stream: str) -> int:
    """The position of the last event of a stream, straight from the journal; 0 if it has none."""
    query = (
        "SELECT notification_id FROM stored_events WHERE originator_id = $1 ORDER BY originator_version DESC LIMIT 1"
    )
    return int(await pool.fetchval(query, stream) or 0)


async def shown(pool: asyncpg.Pool, models: Sequence[ReadModel]) -> int:
    """Up to which position all of these read models, but for halted ones, have answers."""
    query = "SELECT coalesce(min(position), 0) FROM read_model WHERE name = ANY($1) AND halted IS NULL"
    return int(await pool.fetchval(query, [model.schema for model in models]))


class News(NamedTuple):
    """What the events up to a position concern: station and transaction in encoded form, and whether an event was
    marked.
    """

    upto: int
    concerns: list[tuple[str | None, str | None, bool]]
    more: bool


async def news_after(
    pool: asyncpg.Pool, after: int | None, models: Sequence[ReadModel], marked: Sequence[str], limit: int = 10_000
) -> News:
    """The news above `after`, as far as all these read models (but halted ones) show them; None: from here on."""
    query = (
        "WITH shown AS (SELECT coalesce(min(position), 0) AS position FROM read_model"  # noqa: S608
        " WHERE name = ANY($2) AND halted IS NULL),"
        " news AS (SELECT h.position, h.station, h.transaction, e.topic = ANY($3) AS marked"
        f" FROM {history.schema}.event h JOIN stored_events e ON e.notification_id = h.position"
        " WHERE h.position > $1 AND h.position <= (SELECT position FROM shown) ORDER BY h.position LIMIT $4)"
        " SELECT max(position) AS upto, station, transaction, bool_or(marked), count(*) AS events"
        " FROM news GROUP BY station, transaction UNION ALL SELECT position, NULL, NULL, NULL, 0 FROM shown"
    )
    start = after if after is not None else 2**62
    rows = await pool.fetch(query, start, [model.schema for model in models], list(marked), limit)
    news = [row for row in rows if row["events"]]
    full = sum(row["events"] for row in news) >= limit
    upto = max(row["upto"] for row in (news if full else rows))
    return News(max(upto, after or 0), [(row[1], row[2], row[3]) for row in news], full)
