"""Charge detail records: one per ended transaction, as it was billed last, with all revisions before it and with what
is held back until somebody has looked at it. And tariffs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.charge_detail_record import Settlement
from domain.events import ChargeDetailRecord, Tariff
from domain.metering_truth import Finding, Point
from domain.rating import ChargeLine, Terms
from domain.streams import CHARGE_DETAIL_RECORD, parse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_lines = msgspec.json.Decoder(list[ChargeLine]).decode
_terms = msgspec.json.Decoder(Terms).decode
_findings = msgspec.json.Decoder(list[Finding]).decode
_points = msgspec.json.Decoder(list[Point]).decode


class RecordState(StrEnum):
    HELD = "HELD"
    ISSUED = "ISSUED"
    WAIVED = "WAIVED"


class TariffRow(Row, frozen=True, gc=False):
    tariff_id: str
    version: int
    currency: str
    description: str | None
    terms: str
    """JSON: `domain.rating.Terms`."""
    defined_at: datetime


class CdrRow(Row, frozen=True, gc=False):
    """A charge detail record as it stands; amounts in `currency`, exact to its minor unit."""

    id: str
    revision: int
    """The number that it was issued under; of one that is held, the number that it will have."""
    state: str
    station_id: str
    transaction_id: str
    evse_id: int | None
    id_token: str | None
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
    certainty: str
    findings: str
    """JSON: what is odd about it, as in `domain.metering_truth.Finding`."""
    rests_on: str
    """JSON: the registers from which the energy follows, as in `domain.metering_truth.Point`."""
    estimated: bool
    """Whether the end of the transaction is our guess."""
    occasion: str | None
    reason: str | None
    issued_at: datetime
    """Or held, or waived."""

    @property
    def charge_lines(self) -> list[ChargeLine]:
        return _lines(self.lines.encode())

    @property
    def found(self) -> list[Finding]:
        return _findings(self.findings.encode())

    @property
    def points(self) -> list[Point]:
        return _points(self.rests_on.encode())


class RevisionRow(Row, frozen=True, gc=False):
    """A record as it was issued; it is credited by the next revision, or when it is waived."""

    id: str
    revision: int
    energy_wh: int
    currency: str | None
    total_excl_vat: Decimal
    total_vat: Decimal
    total_incl_vat: Decimal
    lines: str
    occasion: str
    reason: str | None
    issued_at: datetime
    credited_at: datetime | None

    @property
    def charge_lines(self) -> list[ChargeLine]:
        return _lines(self.lines.encode())


def _key(event: DomainEvent) -> Key | None:
    stream = parse(event.originator_id)
    return stream.name if stream.kind == CHARGE_DETAIL_RECORD else None


def _revision_key(event: DomainEvent) -> Key | None:
    """The revision that an event may credit; one that it issues is new."""
    match event:
        case ChargeDetailRecord.Issued() if event.revision > 1:
            return parse(event.originator_id).name, event.revision - 1
        case ChargeDetailRecord.Waived() if event.revision:
            return parse(event.originator_id).name, event.revision
        case _:
            return None


def _tariff_key(event: DomainEvent) -> Key | None:
    return (parse(event.originator_id).local, event.originator_version) if isinstance(event, Tariff.Defined) else None


tariff = Table(
    TariffRow,
    sa.Table(
        "tariff",
        _metadata,
        sa.Column("tariff_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("defined_at", _instant, nullable=False),
    ),
    key_of=_tariff_key,
)


def _amounts() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("currency", sa.Text),
        sa.Column("total_excl_vat", sa.Numeric, nullable=False),
        sa.Column("total_vat", sa.Numeric, nullable=False),
        sa.Column("total_incl_vat", sa.Numeric, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
    )


cdr = Table(
    CdrRow,
    sa.Table(
        "cdr",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("transaction_id", sa.Text(collation="C"), nullable=False),
        sa.Column("evse_id", sa.Integer),
        sa.Column("id_token", sa.Text),
        sa.Column("energy_wh", sa.BigInteger, nullable=False),
        sa.Column("duration_seconds", sa.BigInteger, nullable=False),
        sa.Column("started_at", _instant),
        sa.Column("ended_at", _instant, nullable=False),
        sa.Column("tariff_id", sa.Text),
        sa.Column("tariff_version", sa.Integer),
        *_amounts(),
        sa.Column("energy_source", sa.Text, nullable=False),
        sa.Column("certainty", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("rests_on", sa.Text, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("occasion", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("issued_at", _instant, nullable=False),
        sa.Index("cdr_station", "station_id"),
        sa.Index("cdr_held", "id", postgresql_where=sa.text("state = 'HELD'")),
    ),
    key_of=_key,
)
revision = Table(
    RevisionRow,
    sa.Table(
        "revision",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("energy_wh", sa.BigInteger, nullable=False),
        *_amounts(),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("issued_at", _instant, nullable=False),
        sa.Column("credited_at", _instant),
    ),
    key_of=_revision_key,
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
            msgspec.json.encode(terms).decode(),
            event.timestamp,
        ),
    )


def held(rows: Rows, event: ChargeDetailRecord.Held) -> None:
    known: CdrRow | None = rows.get(cdr, _key(event))
    issued_before = 0 if known is None else known.revision - (known.state == RecordState.HELD)
    rows.put(cdr, _row(event, event.settlement, RecordState.HELD, issued_before + 1))


def issued(rows: Rows, event: ChargeDetailRecord.Issued) -> None:
    told, id = event.settlement, parse(event.originator_id).name
    _credit(rows, (id, event.revision - 1), event.timestamp)
    row = _row(event, told, RecordState.ISSUED, event.revision, event.occasion, event.reason)
    rows.put(cdr, row)
    rows.put(
        revision,
        RevisionRow(
            id=id,
            revision=event.revision,
            energy_wh=told.energy_wh,
            currency=row.currency,
            total_excl_vat=row.total_excl_vat,
            total_vat=row.total_vat,
            total_incl_vat=row.total_incl_vat,
            lines=row.lines,
            occasion=event.occasion,
            reason=event.reason,
            issued_at=event.timestamp,
            credited_at=None,
        ),
    )


def waived(rows: Rows, event: ChargeDetailRecord.Waived) -> None:
    known: CdrRow = rows.get(cdr, _key(event))
    _credit(rows, (known.id, event.revision), event.timestamp)
    rows.put(
        cdr,
        replace(
            known,
            revision=event.revision,
            state=RecordState.WAIVED,
            total_excl_vat=0 * known.total_excl_vat,
            total_vat=0 * known.total_vat,
            total_incl_vat=0 * known.total_incl_vat,
            lines="[]",
            occasion=None,
            reason=event.reason,
            issued_at=event.timestamp,
        ),
    )


def _credit(rows: Rows, key: Key, at: datetime) -> None:
    known: RevisionRow | None = rows.get(revision, key)
    if known is not None and known.credited_at is None:
        rows.put(revision, replace(known, credited_at=at))


def _row(
    event: DomainEvent,
    told: Settlement,
    state: RecordState,
    number: int,
    occasion: str | None = None,
    reason: str | None = None,
) -> CdrRow:
    stream, bill = parse(event.originator_id), told.bill
    return CdrRow(
        id=stream.name,
        revision=number,
        state=state,
        station_id=stream.station_id or "",
        transaction_id=stream.local,
        evse_id=told.evse.id if told.evse else None,
        id_token=told.id_token.value if told.id_token else None,
        energy_wh=told.energy_wh,
        duration_seconds=told.seconds,
        started_at=told.started_at,
        ended_at=told.ended_at,
        tariff_id=told.tariff.tariff_id if told.tariff else None,
        tariff_version=told.tariff.version if told.tariff else None,
        currency=bill.currency,
        total_excl_vat=bill.total_excl_vat,
        total_vat=bill.total_vat,
        total_incl_vat=bill.total_incl_vat,
        lines=_encode(bill.lines).decode(),
        energy_source=told.energy_source,
        certainty=told.certainty,
        findings=_encode(told.findings).decode(),
        rests_on=_encode(told.rests_on).decode(),
        estimated=told.estimated,
        occasion=occasion,
        reason=reason,
        issued_at=event.timestamp,
    )


_encode = msgspec.json.Encoder().encode

billing = ReadModel(
    "billing",
    version=4,
    tables=(tariff, cdr, revision),
    handlers={
        ChargeDetailRecord.Held: held,
        ChargeDetailRecord.Issued: issued,
        ChargeDetailRecord.Waived: waived,
        Tariff.Defined: defined,
    },
    money=True,
)


async def cdrs_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, CdrRow]:
    """Charge detail records by the ids of their transactions."""
    query = f"SELECT * FROM {billing.schema}.cdr WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: CdrRow(*record) for record in await pool.fetch(query, list(ids))}


async def revisions_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, list[RevisionRow]]:
    """All that was issued for transactions, latest first."""
    query = f"SELECT * FROM {billing.schema}.revision WHERE id = ANY($1) ORDER BY revision DESC"  # noqa: S608
    found: dict[str, list[RevisionRow]] = {id: [] for id in ids}
    for record in await pool.fetch(query, list(ids)):
        found[record["id"]].append(RevisionRow(*record))
    return found


async def cdrs_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[CdrRow]:
    """Charge detail records by station and transaction. `where`: station_id, transaction_id, tariff_id, state."""
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
            "state = {}": where.get("state"),
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


def terms_of(row: TariffRow) -> Terms:
    return _terms(row.terms.encode())
