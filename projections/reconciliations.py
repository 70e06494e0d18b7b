"""Reconciliations of stations: what differed from what was wished, and what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.events import Reconciliation
from domain.streams import RECONCILIATION, parse
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)


class ReconciliationStatus(StrEnum):
    REQUESTED = "REQUESTED"
    DONE = "DONE"
    EXPIRED = "EXPIRED"


class Found(msgspec.Struct, frozen=True):
    subject: str
    differing: int
    commands: tuple[str, ...]
    problem: str | None


_read = msgspec.json.Decoder(list[Found]).decode


class ReconciliationRow(Row, frozen=True, gc=False):
    id: str
    """Leads with the time: the younger, the greater."""
    station_id: str
    cause: str
    requested_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    findings: str
    """JSON: what was Found, subject by subject."""

    @property
    def found(self) -> list[Found]:
        return _read(self.findings)

    def status_at(self, now: datetime) -> ReconciliationStatus:
        if self.ended_at is not None:
            return ReconciliationStatus.DONE
        return ReconciliationStatus.REQUESTED if now < self.expires_at else ReconciliationStatus.EXPIRED


reconciliation = Table(
    ReconciliationRow,
    sa.Table(
        "reconciliation",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("requested_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("ended_at", _instant),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Index("reconciliation_station", "station_id", "id"),
    ),
    key_of=lambda event: (
        parse(event.originator_id).local if parse(event.originator_id).kind == RECONCILIATION else None
    ),
)


def requested(rows: Rows, event: Reconciliation.Requested) -> None:
    stream = parse(event.originator_id)
    rows.put(
        reconciliation,
        ReconciliationRow(
            stream.local, stream.station_id or "", event.cause, event.timestamp, event.expires_at, None, "[]"
        ),
    )


def ended(rows: Rows, event: Reconciliation.Ended) -> None:
    row = rows.get(reconciliation, parse(event.originator_id).local)
    found = [Found(f.subject, f.differing, f.commands, f.problem) for f in event.findings]
    findings = msgspec.json.encode(found).decode()
    rows.put(reconciliation, replace(row, ended_at=event.timestamp, findings=findings))


reconciliations = ReadModel(
    "reconciliations",
    version=1,
    tables=(reconciliation,),
    handlers={Reconciliation.Requested: requested, Reconciliation.Ended: ended},
)


async def reconciliations_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, ReconciliationRow]:
    query = f"SELECT * FROM {reconciliations.schema}.reconciliation WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: ReconciliationRow(*record) for record in await pool.fetch(query, list(ids))}


async def reconciliations_page(
    pool: asyncpg.Pool, first: int, after: str | None, *, station_id: str | None = None
) -> Page[ReconciliationRow]:
    """Reconciliations, youngest first."""
    return await fetch_page(
        pool,
        f"{reconciliations.schema}.reconciliation",
        ReconciliationRow,
        order="id",
        first=first,
        after=after,
        where={"station_id = {}": station_id},
        descending=True,
    )
