"""Signed meter values of transactions, byte for byte as they came: one row each time one was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import sqlalchemy as sa

from domain.events import Transaction
from domain.streams import parse
from domain.transaction import Occurrence
from domain.values import SignedValue
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_pages

_metadata = sa.MetaData()


class SignedValueRow(Row, frozen=True, gc=False):
    transaction_id: str
    """As the transaction's row has it."""
    number: int
    """The version of the event and the place in it: the order in which they were told."""
    at: datetime
    """When it was taken, by the station's clock."""
    context: str
    data: str
    method: str
    encoding: str
    public_key: str

    @property
    def value(self) -> SignedValue:
        return SignedValue(self.data, self.method, self.encoding, self.public_key)


signed_value = Table(
    SignedValueRow,
    sa.Table(
        "signed_value",
        _metadata,
        sa.Column("transaction_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("encoding", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
    ),
    merges=True,
)
_IN_AN_EVENT = 1_000_000


def told(rows: Rows, event: Occurrence) -> None:
    place = 0
    for reading in event.readings:
        for sample in reading.values:
            if (signed := sample.signed) is not None:
                number = event.originator_version * _IN_AN_EVENT + place
                about = (signed.data, signed.method, signed.encoding, signed.public_key)
                id = parse(event.originator_id).name
                rows.put(signed_value, SignedValueRow(id, number, reading.at, sample.context, *about))
                place += 1


signed_values = ReadModel(
    "signed_values",
    version=1,
    tables=(signed_value,),
    handlers={
        Transaction.Started: told,
        Transaction.Updated: told,
        Transaction.Metered: told,
        Transaction.Ended: told,
    },
)


async def signed_values_of(
    pool: asyncpg.Pool, ids: Sequence[str], *, first: int, after: int | None = None
) -> dict[str, Page[SignedValueRow]]:
    """Those of each of several transactions, in the order in which they were told."""
    return await fetch_pages(
        pool,
        f"{signed_values.schema}.signed_value",
        SignedValueRow,
        owner="transaction_id",
        owners=ids,
        order="number",
        first=first,
        after=after,
        where={},
    )
