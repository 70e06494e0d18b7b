"""Charging sessions: one row a transaction, running or ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa

from domain.events import Transaction
from domain.streams import TRANSACTION, parse
from domain.transaction import Facts, Occurrence, TransactionState
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page, fetch_pages

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_encode = msgspec.json.Encoder().encode
_pairs = msgspec.json.Decoder(list[tuple[int, int]]).decode
_decode = msgspec.json.Decoder(Facts).decode


class TransactionRow(Row, frozen=True, gc=False):
    id: str
    """Station and transaction id, percent-encoded and joined by `/`: unique over all stations."""
    station_id: str
    transaction_id: str
    """As the station knows it; a 1.6 number as text."""
    state: str
    evse_id: int | None
    connector_id: int | None
    id_token: str | None
    id_token_type: str | None
    authorization_status: str | None
    started_at: datetime | None
    ended_at: datetime | None
    estimated: bool
    """True while its end is our guess: the station never told."""
    stopped_reason: str | None
    charging_state: str | None
    energy_wh: int
    meter_start_wh: Decimal | None
    meter_stop_wh: Decimal | None
    tariff_id: str | None
    tariff_version: int | None
    remote_start_id: int | None
    provisional: bool
    """True while the event that began it has not arrived."""
    gaps: str
    """JSON: the sequence numbers that have not arrived, as pairs of first and last."""
    stream: str
    recorded_at: datetime
    """When the last event of it was recorded."""
    facts: str
    """JSON."""

    @property
    def missing(self) -> list[tuple[int, int]]:
        return _pairs(self.gaps)


class Session(msgspec.Struct):
    """What the handlers work on: the facts of a transaction, made a row when the batch is written."""

    id: str
    stream: str
    recorded_at: datetime
    facts: Facts


def _thaw(row: TransactionRow) -> Session:
    return Session(row.id, row.stream, row.recorded_at, _decode(row.facts))


def _freeze(session: Session) -> TransactionRow:
    stream, facts, energy = parse(session.stream), session.facts, session.facts.energy
    return TransactionRow(
        id=session.id,
        station_id=stream.station_id or "",
        transaction_id=stream.local,
        state=facts.state,
        evse_id=facts.evse.id if facts.evse else None,
        connector_id=facts.evse.connector_id if facts.evse else None,
        id_token=facts.id_token.value if facts.id_token else None,
        id_token_type=facts.id_token.type if facts.id_token else None,
        authorization_status=facts.authorization,
        started_at=facts.began_at,
        ended_at=facts.ended_at,
        estimated=facts.estimated,
        stopped_reason=facts.stopped_reason,
        charging_state=facts.charging_state,
        energy_wh=energy.wh,
        meter_start_wh=energy.start_wh,
        meter_stop_wh=energy.stop_wh if facts.state is TransactionState.ENDED else None,
        tariff_id=facts.tariff.tariff_id if facts.tariff else None,
        tariff_version=facts.tariff.version if facts.tariff else None,
        remote_start_id=facts.remote_start_id,
        provisional=facts.started_at is None,
        gaps=_encode(facts.gaps).decode(),
        stream=session.stream,
        recorded_at=session.recorded_at,
        facts=_encode(facts).decode(),
    )


transaction = Table(
    TransactionRow,
    sa.Table(
        "transaction",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("transaction_id", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("evse_id", sa.Integer),
        sa.Column("connector_id", sa.Integer),
        sa.Column("id_token", sa.Text),
        sa.Column("id_token_type", sa.Text),
        sa.Column("authorization_status", sa.Text),
        sa.Column("started_at", _instant),
        sa.Column("ended_at", _instant),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("stopped_reason", sa.Text),
        sa.Column("charging_state", sa.Text),
        sa.Column("energy_wh", sa.BigInteger, nullable=False),
        sa.Column("meter_start_wh", sa.Numeric),
        sa.Column("meter_stop_wh", sa.Numeric),
        sa.Column("tariff_id", sa.Text),
        sa.Column("tariff_version", sa.Integer),
        sa.Column("remote_start_id", sa.BigInteger),
        sa.Column("provisional", sa.Boolean, nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("recorded_at", _instant, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Index("transaction_station", "station_id"),
        sa.Index("transaction_token", sa.text("lower(id_token)")),
    ),
    key_of=lambda event: parse(event.originator_id).name if parse(event.originator_id).kind == TRANSACTION else None,
    thaw=_thaw,
    freeze=_freeze,
)


def happened(rows: Rows, event: Occurrence) -> None:
    stream = parse(event.originator_id)
    session = rows.get(transaction, stream.name) or Session(stream.name, event.originator_id, event.timestamp, Facts())
    session.facts.apply(event)
    session.recorded_at = event.timestamp
    rows.put(transaction, session)


sessions = ReadModel(
    "sessions",
    version=3,
    tables=(transaction,),
    handlers={
        Transaction.Started: happened,
        Transaction.Updated: happened,
        Transaction.Metered: happened,
        Transaction.Ended: happened,
        Transaction.Closed: happened,
    },
)


async def transactions_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, TransactionRow]:
    query = f"SELECT * FROM {sessions.schema}.transaction WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: TransactionRow(*record) for record in await pool.fetch(query, list(ids))}


async def transactions_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[TransactionRow]:
    """Transactions by station and id. `where`: station_id, transaction_id, id_token, state, evse_id."""
    token = where.get("id_token")
    return await fetch_page(
        pool,
        f"{sessions.schema}.transaction",
        TransactionRow,
        order="id",
        first=first,
        after=after,
        where={
            "station_id = {}": where.get("station_id"),
            "transaction_id = {}": where.get("transaction_id"),
            "lower(id_token) = {}": token.lower() if token is not None else None,
            "state = {}": where.get("state"),
            "evse_id = {}": where.get("evse_id"),
        },
    )


async def transactions_of(
    pool: asyncpg.Pool,
    station_ids: Sequence[str],
    *,
    first: int,
    after: str | None,
    id_token: str | None = None,
    state: str | None = None,
    transaction_id: str | None = None,
    evse_id: int | None = None,
) -> dict[str, Page[TransactionRow]]:
    """A page of the transactions of each of several stations."""
    return await fetch_pages(
        pool,
        f"{sessions.schema}.transaction",
        TransactionRow,
        owner="station_id",
        owners=station_ids,
        order="id",
        first=first,
        after=after,
        where={
            "transaction_id = {}": transaction_id,
            "lower(id_token) = {}": id_token.lower() if id_token is not None else None,
            "state = {}": state,
            "evse_id = {}": evse_id,
        },
    )
