"""Id tokens and what they are answered: one row a token and type."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import asyncpg
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.events import IdTokenRecord
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)

ANY_TYPE = ""
"""Stands for a token that was set without a type and so serves all."""


class IdTokenRow(Row, frozen=True, gc=False):
    folded: str
    """The token in the form in which tokens are compared."""
    type: str
    id_token: str
    status: str
    group_id: str | None
    expires_at: datetime | None
    exclusive: bool
    updated_at: datetime


def _key(event: DomainEvent) -> Key | None:
    if not isinstance(event, IdTokenRecord.Set):
        return None
    return parse(event.originator_id).local, event.id_token.type or ANY_TYPE


id_token = Table(
    IdTokenRow,
    sa.Table(
        "id_token",
        _metadata,
        sa.Column("folded", sa.Text(collation="C"), primary_key=True),
        sa.Column("type", sa.Text(collation="C"), primary_key=True),
        sa.Column("id_token", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text),
        sa.Column("expires_at", _instant),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("updated_at", _instant, nullable=False),
    ),
    key_of=_key,
)


def was_set(rows: Rows, event: IdTokenRecord.Set) -> None:
    permission = event.permission
    rows.put(
        id_token,
        IdTokenRow(
            parse(event.originator_id).local,
            event.id_token.type or ANY_TYPE,
            event.id_token.value,
            permission.status,
            permission.group_id,
            permission.expires_at,
            event.exclusive,
            event.timestamp,
        ),
    )


id_tokens = ReadModel("id_tokens", version=2, tables=(id_token,), handlers={IdTokenRecord.Set: was_set})


async def id_token_by_value(pool: asyncpg.Pool, value: str, token_type: str | None) -> IdTokenRow | None:
    """The entry for a type; without one, the entry that serves all types, else the first."""
    query = (
        f"SELECT * FROM {id_tokens.schema}.id_token WHERE folded = $1 AND ($2::text IS NULL OR type IN ($2, ''))"  # noqa: S608
        " ORDER BY (type = $2) DESC NULLS LAST, type LIMIT 1"
    )
    record = await pool.fetchrow(query, value.casefold(), token_type)
    return IdTokenRow(*record) if record else None


async def id_tokens_by_value(
    pool: asyncpg.Pool, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], IdTokenRow]:
    """The entries for texts of types: each its own, else the one that serves all types."""
    query = f"SELECT * FROM {id_tokens.schema}.id_token WHERE folded = ANY($1)"  # noqa: S608
    records = await pool.fetch(query, [value.casefold() for value, _ in wanted])
    rows = {(row.folded, row.type): row for row in (IdTokenRow(*record) for record in records)}
    found = {}
    for value, token_type in wanted:
        row = rows.get((value.casefold(), token_type)) or rows.get((value.casefold(), ANY_TYPE))
        if row is not None:
            found[value, token_type] = row
    return found
