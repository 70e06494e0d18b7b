"""Reservations and how they ended: one row an id of a station, the latest reservation under it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.events import ReservationBook, Transaction
from domain.reservation import Reservation
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)


class ReservationStatus(StrEnum):
    ACCEPTED = "ACCEPTED"
    USED = "USED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REMOVED = "REMOVED"
    REFUSED = "REFUSED"


class ReservationRow(Row, frozen=True, gc=False):
    station_id: str
    reservation_id: int
    id: str
    """Leads with the time: the younger, the greater."""
    status: str
    """As events have it; `status_at` knows that time has passed, too."""
    outcome: str
    """What the station answered."""
    evse_id: int | None
    id_token: str
    id_token_type: str | None
    group_id: str | None
    connector_type: str | None
    expires_at: datetime
    asked_at: datetime
    ended_at: datetime | None
    transaction_id: str | None
    cancel_outcome: str | None

    def status_at(self, now: datetime) -> ReservationStatus:
        """1.6 stations do not tell that a reservation has expired."""
        if self.status == ReservationStatus.ACCEPTED and self.expires_at <= now:
            return ReservationStatus.EXPIRED
        return ReservationStatus(self.status)


def _key(event: DomainEvent) -> Key | None:
    number: int | None
    match event:
        case ReservationBook.Made() | ReservationBook.Refused():
            number = event.reservation.id
        case ReservationBook.Cancelled() | ReservationBook.CancellationRefused() | ReservationBook.StatusUpdated():
            number = event.reservation_id
        case Transaction.Started() | Transaction.Updated():
            number = event.reservation_id
        case _:
            number = None
    return None if number is None else (parse(event.originator_id).station_id, number)


reservation = Table(
    ReservationRow,
    sa.Table(
        "reservation",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("reservation_id", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("evse_id", sa.BigInteger),
        sa.Column("id_token", sa.Text, nullable=False),
        sa.Column("id_token_type", sa.Text),
        sa.Column("group_id", sa.Text),
        sa.Column("connector_type", sa.Text),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("asked_at", _instant, nullable=False),
        sa.Column("ended_at", _instant),
        sa.Column("transaction_id", sa.Text(collation="C")),
        sa.Column("cancel_outcome", sa.Text),
        sa.Index("reservation_by_id", "id", unique=True),
    ),
    key_of=_key,
)


def _put(rows: Rows, event: DomainEvent, asked: Reservation, status: ReservationStatus, outcome: str) -> None:
    station_id = parse(event.originator_id).station_id or ""
    rows.put(
        reservation,
        ReservationRow(
            station_id=station_id,
            reservation_id=asked.id,
            id=f"{int(event.timestamp.timestamp() * 1000):011x}-{asked.id}-{station_id}",
            status=status,
            outcome=outcome,
            evse_id=asked.evse_id,
            id_token=asked.id_token.value,
            id_token_type=asked.id_token.type,
            group_id=asked.group_id,
            connector_type=asked.connector_type,
            expires_at=asked.expires_at,
            asked_at=event.timestamp,
            ended_at=None if status == ReservationStatus.ACCEPTED else event.timestamp,
            transaction_id=None,
            cancel_outcome=None,
        ),
    )


def _active(rows: Rows, event: DomainEvent) -> ReservationRow | None:
    """The reservation that an event concerns, if it has not ended."""
    row: ReservationRow | None = rows.get(reservation, _key(event))
    return row if row is not None and row.status == ReservationStatus.ACCEPTED else None


def _end(rows: Rows, event: DomainEvent, status: ReservationStatus, **values: Any) -> None:
    if (row := _active(rows, event)) is not None:
        rows.put(reservation, replace(row, status=status, ended_at=event.timestamp, **values))


def made(rows: Rows, event: ReservationBook.Made) -> None:
    _put(rows, event, event.reservation, ReservationStatus.ACCEPTED, "Accepted")


def refused(rows: Rows, event: ReservationBook.Refused) -> None:
    """One that stands and was to be replaced goes on standing."""
    if _active(rows, event) is None:
        _put(rows, event, event.reservation, ReservationStatus.REFUSED, event.outcome)


def cancelled(rows: Rows, event: ReservationBook.Cancelled) -> None:
    _end(rows, event, ReservationStatus.CANCELLED, cancel_outcome="Accepted")


def cancellation_refused(rows: Rows, event: ReservationBook.CancellationRefused) -> None:
    row = rows.get(reservation, _key(event))
    if row is not None:
        rows.put(reservation, replace(row, cancel_outcome=event.outcome))


def status_updated(rows: Rows, event: ReservationBook.StatusUpdated) -> None:
    status = ReservationStatus.EXPIRED if event.status == "Expired" else ReservationStatus.REMOVED
    _end(rows, event, status)


def named(rows: Rows, event: Transaction.Started | Transaction.Updated) -> None:
    if event.reservation_id is not None:
        _end(rows, event, ReservationStatus.USED, transaction_id=parse(event.originator_id).local)


reservations = ReadModel(
    "reservations",
    version=1,
    tables=(reservation,),
    handlers={
        ReservationBook.Made: made,
        ReservationBook.Refused: refused,
        ReservationBook.Cancelled: cancelled,
        ReservationBook.CancellationRefused: cancellation_refused,
        ReservationBook.StatusUpdated: status_updated,
        Transaction.Started: named,
        Transaction.Updated: named,
    },
)


async def reservations_of(pool: asyncpg.Pool, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], ReservationRow]:
    """By station and number."""
    query = (
        f"SELECT r.* FROM {reservations.schema}.reservation r"  # noqa: S608
        " JOIN unnest($1::text[], $2::bigint[]) AS wanted(station_id, reservation_id)"
        " USING (station_id, reservation_id)"
    )
    found = await pool.fetch(query, [station_id for station_id, _ in keys], [number for _, number in keys])
    return {(record["station_id"], record["reservation_id"]): ReservationRow(*record) for record in found}


async def reservations_page(
    pool: asyncpg.Pool,
    first: int,
    after: str | None,
    now: datetime,
    *,
    station_id: str | None = None,
    id_token: str | None = None,
    status: ReservationStatus | None = None,
) -> Page[ReservationRow]:
    """Reservations, youngest first, with the status that they have now."""
    conditions: dict[str, Any] = {"station_id = {}": station_id, "lower(id_token) = lower({})": id_token}
    match status:
        case ReservationStatus.EXPIRED:
            conditions["(status = 'EXPIRED' OR status = 'ACCEPTED' AND expires_at <= {})"] = now
        case ReservationStatus.ACCEPTED:
            conditions["status = 'ACCEPTED' AND expires_at > {}"] = now
        case _:
            conditions["status = {}"] = status
    return await fetch_page(
        pool,
        f"{reservations.schema}.reservation",
        ReservationRow,
        order="id",
        first=first,
        after=after,
        where=conditions,
        descending=True,
    )
