"""Charge detail records: one per ended transaction, rated from its facts with the tariff that was in force at its
start.

When facts arrive after the end, the record is rated again and its revision grows. The facts a record rests on stay
beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.events import Tariff, Transaction
from domain.rating import Bill, ChargeLine, PriceElement, Terms, rate
from domain.streams import TRANSACTION, parse
from domain.transaction import Facts, Occurrence, TransactionState
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_lines = msgspec.json.Decoder(list[ChargeLine]).decode
_elements = msgspec.json.Decoder(tuple[PriceElement, ...]).decode


class TariffRow(Row, frozen=True, gc=False):
    tariff_id: str
    version: int
    currency: str
    description: str | None
    elements: str
    """JSON: price elements as in `domain.rating.PriceElement`."""
    defined_at: datetime


class FactsRow(Row, frozen=True, gc=False):
    id: str
    facts: str
    """JSON."""


class CdrRow(Row, frozen=True, gc=False):
    """A charge detail record; amounts in `currency`, exact to its minor unit."""

    id: str
    revision: int
    station_id: str
    transaction_id: str
    energy_wh: int
    duration_seconds: int
    started_at: datetime | None
    ended_at: datetime
    tariff_id: str | None
    tariff_version: int | None
    currency: str | None
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal
    lines: str
    """JSON: lines as in `domain.rating.ChargeLine`."""
    energy_source: str
    estimated: bool
    """Whether the end of the transaction is our guess."""
    issued_at: datetime

    @property
    def charge_lines(self) -> list[ChargeLine]:
        return _lines(self.lines.encode())


def _transaction_key(event: DomainEvent) -> Key | None:
    stream = parse(event.originator_id)
    return stream.name if stream.kind == TRANSACTION else None


class _Session(msgspec.Struct):
    """What a bill is made of: the facts of a transaction and the terms it began under."""

    id: str
    facts: Facts
    tariff: TariffRow | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Session).decode


def _tariff_key(event: DomainEvent) -> Key | None:
    """A tariff's own row, or the row of the tariff that the first event of a transaction names."""
    if isinstance(event, Tariff.Defined):
        return parse(event.originator_id).local, event.originator_version
    ref = getattr(event, "tariff", None)
    return (ref.tariff_id, ref.version) if ref is not None else None


tariff = Table(
    TariffRow,
    sa.Table(
        "tariff",
        _metadata,
        sa.Column("tariff_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("elements", sa.Text, nullable=False),
        sa.Column("defined_at", _instant, nullable=False),
    ),
    key_of=_tariff_key,
)
facts = Table(
    FactsRow,
    sa.Table(
        "facts",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
    ),
    key_of=_transaction_key,
    thaw=lambda row: _decode(row.facts),
    freeze=lambda session: FactsRow(session.id, _encode(session).decode()),
)
cdr = Table(
    CdrRow,
    sa.Table(
        "cdr",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("transaction_id", sa.Text(collation="C"), nullable=False),
        sa.Column("energy_wh", sa.BigInteger, nullable=False),
        sa.Column("duration_seconds", sa.BigInteger, nullable=False),
        sa.Column("started_at", _instant),
        sa.Column("ended_at", _instant, nullable=False),
        sa.Column("tariff_id", sa.Text),
        sa.Column("tariff_version", sa.Integer),
        sa.Column("currency", sa.Text),
        sa.Column("total_excl_vat", sa.Numeric, nullable=False),
        sa.Column("total_vat", sa.Numeric, nullable=False),
        sa.Column("total_incl_vat", sa.Numeric, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("energy_source", sa.Text, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("issued_at", _instant, nullable=False),
        sa.Index("cdr_station", "station_id"),
    ),
    key_of=_transaction_key,
)


def defined(rows: Rows, event: Tariff.Defined) -> None:
    terms = event.terms
    rows.put(
        tariff,
        TariffRow(
            parse(event.originator_id).local,
            event.originator_version,
            terms.currency,
            terms.description,
            msgspec.json.encode(terms.elements).decode(),
            event.timestamp,
        ),
    )


def happened(rows: Rows, event: Occurrence) -> None:
    key = _transaction_key(event)
    session = rows.get(facts, key) or _Session(parse(event.originator_id).name, Facts())
    session.facts.apply(event)
    if (tariff_key := _tariff_key(event)) is not None:  # an event that names a tariff is the one that counts
        session.tariff = rows.get(tariff, tariff_key)
    rows.put(facts, session)
    if session.facts.state is TransactionState.ENDED:
        _issue(rows, session, event)


def _issue(rows: Rows, session: _Session, event: DomainEvent) -> None:
    """Rate the transaction; the same bill again is no new revision."""
    known: CdrRow | None = rows.get(cdr, session.id)
    row = _rated(session, event, known.revision + 1 if known else 1)
    if known is None or replace(known, revision=row.revision, issued_at=row.issued_at) != row:
        rows.put(cdr, row)


def _rated(session: _Session, event: DomainEvent, revision: int) -> CdrRow:
    stream, told, terms = parse(event.originator_id), session.facts, session.tariff
    usage, bill = told.usage(), _bill(session)
    return CdrRow(
        id=session.id,
        revision=revision,
        station_id=stream.station_id or "",
        transaction_id=stream.local,
        energy_wh=usage.energy_wh,
        duration_seconds=usage.seconds,
        started_at=told.began_at,
        ended_at=told.ended_at or event.timestamp,
        tariff_id=terms.tariff_id if terms else None,
        tariff_version=terms.version if terms else None,
        currency=bill.currency,
        total_excl_vat=bill.total_excl_vat,
        total_vat=bill.total_vat,
        total_incl_vat=bill.total_incl_vat,
        lines=msgspec.json.encode(bill.lines).decode(),
        energy_source=told.energy.source,
        estimated=told.estimated,
        issued_at=event.timestamp,
    )


def _bill(session: _Session) -> Bill:
    terms = Terms(row.currency, price_elements(row)) if (row := session.tariff) else None
    return rate(session.facts.course(session.facts.last_at), terms)


billing = ReadModel(
    "billing",
    version=3,
    tables=(tariff, facts, cdr),
    handlers={
        Tariff.Defined: defined,
        Transaction.Started: happened,
        Transaction.Updated: happened,
        Transaction.Metered: happened,
        Transaction.Ended: happened,
        Transaction.Closed: happened,
    },
    money=True,
)


async def cdrs_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, CdrRow]:
    """Charge detail records by the ids of their transactions."""
    query = f"SELECT * FROM {billing.schema}.cdr WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: CdrRow(*record) for record in await pool.fetch(query, list(ids))}


async def costs_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, Bill]:
    """What transactions cost, to their end or to the last moment that the station told of."""
    query = f"SELECT id, facts FROM {billing.schema}.facts WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: _bill(_decode(record["facts"])) for record in await pool.fetch(query, list(ids))}


async def cdrs_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[CdrRow]:
    """Charge detail records by station and transaction. `where`: station_id, transaction_id, tariff_id."""
    return await fetch_page(
        pool,
        f"{billing.schema}.cdr",
        CdrRow,
        order="id",
        first=first,
        after=after,
        where={
            "station_id = {}": where.get("station_id"),
            "transaction_id = {}": where.get("transaction_id"),
            "tariff_id = {}": where.get("tariff_id"),
        },
    )


async def tariffs_page(pool: asyncpg.Pool, first: int, after: str | None) -> Page[TariffRow]:
    """Tariffs in their latest version."""
    latest = f"SELECT DISTINCT ON (tariff_id) * FROM {billing.schema}.tariff ORDER BY tariff_id, version DESC"  # noqa: S608
    return await fetch_page(pool, f"({latest}) t", TariffRow, order="tariff_id", first=first, after=after, where={})


async def tariffs_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, TariffRow]:
    """The latest version of each of several tariffs."""
    query = (
        f"SELECT DISTINCT ON (tariff_id) * FROM {billing.schema}.tariff WHERE tariff_id = ANY($1)"  # noqa: S608
        " ORDER BY tariff_id, version DESC"
    )
    return {record["tariff_id"]: TariffRow(*record) for record in await pool.fetch(query, list(ids))}


def price_elements(row: TariffRow) -> tuple[PriceElement, ...]:
    return _elements(row.elements.encode())
