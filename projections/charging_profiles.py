"""The charging profiles that stations have, and the composite schedules they told last: one row a station."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.charging_profiles import (
    CompositeSchedule,
    Installed,
    InstalledProfile,
    begin_transaction,
    clear,
    end_transaction,
    install,
)
from domain.events import ChargingProfileBook, Transaction
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()
_encode = msgspec.json.Encoder().encode


class ReportedSchedule(msgspec.Struct, frozen=True):
    """The last answer for an EVSE; `schedule` None: it gave none, `status` says how."""

    evse_id: int
    status: str
    reported_at: datetime
    schedule: CompositeSchedule | None


class StationProfilesRow(Row, frozen=True, gc=False):
    station_id: str
    profiles: str
    """JSON: the profiles installed, with EVSE and time."""
    composite_schedules: str
    """JSON: the last of each EVSE."""
    updated_at: datetime


class StationProfiles(msgspec.Struct, frozen=True):
    """A row taken apart."""

    station_id: str
    profiles: Installed
    composite_schedules: tuple[ReportedSchedule, ...]
    updated_at: datetime


_profiles_of = msgspec.json.Decoder(Installed).decode
_schedules_of = msgspec.json.Decoder(tuple[ReportedSchedule, ...]).decode


def _thaw(row: StationProfilesRow) -> StationProfiles:
    profiles, schedules = _profiles_of(row.profiles), _schedules_of(row.composite_schedules)
    return StationProfiles(row.station_id, profiles, schedules, row.updated_at)


def _freeze(held: StationProfiles) -> StationProfilesRow:
    profiles, schedules = _encode(held.profiles).decode(), _encode(held.composite_schedules).decode()
    return StationProfilesRow(held.station_id, profiles, schedules, held.updated_at)


def _key(event: DomainEvent) -> Key | None:
    return parse(event.originator_id).station_id


station_profiles = Table(
    StationProfilesRow,
    sa.Table(
        "station_profiles",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("profiles", sa.Text, nullable=False),
        sa.Column("composite_schedules", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ),
    key_of=_key,
    thaw=_thaw,
    freeze=_freeze,
)


def _held(rows: Rows, event: DomainEvent) -> StationProfiles:
    station_id = parse(event.originator_id).station_id or ""
    return rows.get(station_profiles, station_id) or StationProfiles(station_id, (), (), event.timestamp)


def _keep(rows: Rows, event: DomainEvent, held: StationProfiles, profiles: Installed) -> None:
    if profiles != held.profiles:
        rows.put(station_profiles, msgspec.structs.replace(held, profiles=profiles, updated_at=event.timestamp))


def was_set(rows: Rows, event: ChargingProfileBook.Set) -> None:
    if event.accepted:
        held = _held(rows, event)
        new = InstalledProfile(event.profile, event.evse_id, event.timestamp, event.remote_start)
        _keep(rows, event, held, install(held.profiles, new))


def cleared(rows: Rows, event: ChargingProfileBook.Cleared) -> None:
    held = _held(rows, event)
    _keep(rows, event, held, clear(held.profiles, event.criteria))


def schedule_reported(rows: Rows, event: ChargingProfileBook.CompositeScheduleReported) -> None:
    held = _held(rows, event)
    others = (reported for reported in held.composite_schedules if reported.evse_id != event.evse_id)
    new = ReportedSchedule(event.evse_id, event.status, event.timestamp, event.schedule)
    schedules = tuple(sorted((*others, new), key=lambda reported: reported.evse_id))
    rows.put(station_profiles, msgspec.structs.replace(held, composite_schedules=schedules, updated_at=event.timestamp))


def transaction_started(rows: Rows, event: Transaction.Started) -> None:
    held = _held(rows, event)
    evse_id = event.evse.id if event.evse else None
    token = event.id_token.value if event.id_token else None
    local = parse(event.originator_id).local
    _keep(rows, event, held, begin_transaction(held.profiles, local, evse_id, token, event.remote_start_id))


def transaction_ended(rows: Rows, event: Transaction.Ended) -> None:
    held = _held(rows, event)
    _keep(rows, event, held, end_transaction(held.profiles, parse(event.originator_id).local))


charging_profiles = ReadModel(
    "charging_profiles",
    version=1,
    tables=(station_profiles,),
    handlers={
        ChargingProfileBook.Set: was_set,
        ChargingProfileBook.Cleared: cleared,
        ChargingProfileBook.CompositeScheduleReported: schedule_reported,
        Transaction.Started: transaction_started,
        Transaction.Ended: transaction_ended,
    },
)


async def profiles_of_stations(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, StationProfiles]:
    query = f"SELECT * FROM {charging_profiles.schema}.station_profiles WHERE station_id = ANY($1)"  # noqa: S608
    records = await pool.fetch(query, list(ids))
    return {record["station_id"]: _thaw(StationProfilesRow(*record)) for record in records}
