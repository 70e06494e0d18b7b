"""What cars that speak ISO 15118 need and plan: one row a transaction of theirs."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.charging_profiles import ChargingSchedule
from domain.ev_charging import ChargingNeeds, EvChargingBook
from domain.events import ChargingProfileBook, Transaction
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_encode = msgspec.json.Encoder().encode


class EvChargingRow(Row, frozen=True, gc=False):
    station_id: str
    transaction_id: str
    id: str
    """Leads with the time: the younger, the greater."""
    evse_id: int
    awaits_profile: bool
    """As far as we know."""
    needs: str | None
    """JSON."""
    needs_answer: str | None
    max_schedule_tuples: int | None
    needs_at: datetime | None
    schedule: str | None
    """JSON."""
    schedule_accepted: bool | None
    time_base: datetime | None
    schedule_at: datetime | None


_needs_of = msgspec.json.Decoder(ChargingNeeds).decode
_schedule_of = msgspec.json.Decoder(ChargingSchedule).decode


def needs_in(row: EvChargingRow) -> ChargingNeeds | None:
    return None if row.needs is None else _needs_of(row.needs)


def schedule_in(row: EvChargingRow) -> ChargingSchedule | None:
    return None if row.schedule is None else _schedule_of(row.schedule)


def _key(event: DomainEvent) -> Key | None:
    stream = parse(event.originator_id)
    match event:
        case EvChargingBook.NeedsNotified() | EvChargingBook.ScheduleNotified():
            transaction_id = event.transaction_id
        case ChargingProfileBook.Set():
            transaction_id = event.profile.transaction_id
        case _:
            transaction_id = stream.local
    return None if transaction_id is None else (stream.station_id, transaction_id)


ev_charging_row = Table(
    EvChargingRow,
    sa.Table(
        "ev_charging",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("transaction_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("evse_id", sa.BigInteger, nullable=False),
        sa.Column("awaits_profile", sa.Boolean, nullable=False),
        sa.Column("needs", sa.Text),
        sa.Column("needs_answer", sa.Text),
        sa.Column("max_schedule_tuples", sa.BigInteger),
        sa.Column("needs_at", _instant),
        sa.Column("schedule", sa.Text),
        sa.Column("schedule_accepted", sa.Boolean),
        sa.Column("time_base", _instant),
        sa.Column("schedule_at", _instant),
        sa.Index("ev_charging_by_id", "id", unique=True),
        sa.Index("ev_charging_awaiting", "id", postgresql_where=sa.text("awaits_profile")),
    ),
    key_of=_key,
)


def _row(rows: Rows, event: EvChargingBook.NeedsNotified | EvChargingBook.ScheduleNotified) -> EvChargingRow | None:
    """None: what it is about is no transaction that we know."""
    key = _key(event)
    if not isinstance(key, tuple):
        return None
    station_id, transaction_id = (str(part) for part in key)
    found: EvChargingRow | None = rows.get(ev_charging_row, key)
    return found or EvChargingRow(
        station_id=station_id,
        transaction_id=transaction_id,
        id=f"{int(event.timestamp.timestamp() * 1000):011x}-{station_id}/{transaction_id}",
        evse_id=event.evse_id,
        awaits_profile=False,
        needs=None,
        needs_answer=None,
        max_schedule_tuples=None,
        needs_at=None,
        schedule=None,
        schedule_accepted=None,
        time_base=None,
        schedule_at=None,
    )


def needs_notified(rows: Rows, event: EvChargingBook.NeedsNotified) -> None:
    if (row := _row(rows, event)) is not None:
        changes = {
            "evse_id": event.evse_id,
            "awaits_profile": event.answer == "Processing",
            "needs": _encode(event.needs).decode(),
            "needs_answer": event.answer,
            "max_schedule_tuples": event.max_schedule_tuples,
            "needs_at": event.timestamp,
        }
        rows.put(ev_charging_row, msgspec.structs.replace(row, **changes))


def schedule_notified(rows: Rows, event: EvChargingBook.ScheduleNotified) -> None:
    if (row := _row(rows, event)) is not None:
        changes = {
            "evse_id": event.evse_id,
            "schedule": _encode(event.schedule).decode(),
            "schedule_accepted": event.accepted,
            "time_base": event.time_base,
            "schedule_at": event.timestamp,
        }
        rows.put(ev_charging_row, msgspec.structs.replace(row, **changes))


def _waits_no_more(rows: Rows, event: DomainEvent) -> None:
    key = _key(event)
    row = None if key is None else rows.get(ev_charging_row, key)
    if row is not None and row.awaits_profile:
        rows.put(ev_charging_row, msgspec.structs.replace(row, awaits_profile=False))


def was_set(rows: Rows, event: ChargingProfileBook.Set) -> None:
    if event.accepted:
        _waits_no_more(rows, event)


def transaction_ended(rows: Rows, event: Transaction.Ended) -> None:
    _waits_no_more(rows, event)


ev_charging = ReadModel(
    "ev_charging",
    version=1,
    tables=(ev_charging_row,),
    handlers={
        EvChargingBook.NeedsNotified: needs_notified,
        EvChargingBook.ScheduleNotified: schedule_notified,
        ChargingProfileBook.Set: was_set,
        Transaction.Ended: transaction_ended,
    },
)


async def ev_charging_page(
    pool: asyncpg.Pool,
    first: int,
    after: str | None,
    *,
    station_id: str | None = None,
    transaction_id: str | None = None,
    awaits_profile: bool | None = None,
) -> Page[EvChargingRow]:
    """Youngest first."""
    return await fetch_page(
        pool,
        f"{ev_charging.schema}.ev_charging",
        EvChargingRow,
        order="id",
        first=first,
        after=after,
        where={
            "station_id = {}": station_id,
            "transaction_id = {}": transaction_id,
            "awaits_profile = {}": awaits_profile,
        },
        descending=True,
    )
