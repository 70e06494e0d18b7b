"""How transactions stand, as stations said when they were asked last: one row a transaction, and one a station."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.streams import parse, within
from domain.transaction_status import TransactionStatusBook
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()


class TransactionStatusRow(Row, frozen=True, gc=False):
    id: str
    """As the transaction's row has it; the station's part alone for what was said of no transaction in particular."""
    messages_in_queue: bool
    ongoing: bool | None
    reported_at: datetime


def _key(event: DomainEvent) -> Key | None:
    if not isinstance(event, TransactionStatusBook.Reported):
        return None
    return within(parse(event.originator_id).station_id or "", event.transaction_id)


transaction_status = Table(
    TransactionStatusRow,
    sa.Table(
        "transaction_status",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("messages_in_queue", sa.Boolean, nullable=False),
        sa.Column("ongoing", sa.Boolean),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    ),
    key_of=_key,
)


def reported(rows: Rows, event: TransactionStatusBook.Reported) -> None:
    id = within(parse(event.originator_id).station_id or "", event.transaction_id)
    rows.put(transaction_status, TransactionStatusRow(id, event.messages_in_queue, event.ongoing, event.timestamp))


transaction_statuses = ReadModel(
    "transaction_statuses",
    version=1,
    tables=(transaction_status,),
    handlers={TransactionStatusBook.Reported: reported},
)


async def transaction_statuses_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, TransactionStatusRow]:
    """By the ids of transactions, or of stations for what was said of no transaction in particular."""
    query = f"SELECT * FROM {transaction_statuses.schema}.transaction_status WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: TransactionStatusRow(*record) for record in await pool.fetch(query, list(ids))}
