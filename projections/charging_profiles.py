"""The charging profiles that stations have, their latest reports of them, what others limit there, and the composite
schedules they told last: one row a station.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.charging_profiles import (
    ChargingProfilePurpose,
    CompositeSchedule,
    ReportCriteria,
    ReportedProfile,
)
from domain.events import ChargingProfileBook, Transaction
from domain.installed_profiles import (
    ExternalLimit,
    Installed,
    InstalledProfile,
    begin_transaction,
    clear,
    end_transaction,
    install,
    lift,
    limit,
)
from domain.profile_reports import reconcile
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table

REPORTS_KEPT = 5
"""The latest of a station."""
_metadata = sa.MetaData()
_encode = msgspec.json.Encoder().encode


class ReportedSchedule(msgspec.Struct, frozen=True):
    """The last answer for an EVSE; `schedule` None: it gave none, `status` says how."""

    evse_id: int
    status: str
    reported_at: datetime
    schedule: CompositeSchedule | None


class ProfileReport(msgspec.Struct, frozen=True):
    """What came for one request; `criteria` None: it is not noted yet that it was asked for."""

    request_id: int
    updated_at: datetime
    criteria: ReportCriteria | None = None
    status: str | None = None
    profiles: tuple[ReportedProfile, ...] = ()
    complete: bool = False


class StationProfilesRow(Row, frozen=True, gc=False):
    station_id: str
    profiles: str
    """JSON: the profiles installed, with EVSE and time."""
    composite_schedules: str
    """JSON: the last of each EVSE."""
    external_limits: str
    """JSON: what others have limited."""
    reports: str
    """JSON: the latest reports of profiles, youngest last."""
    updated_at: datetime


class StationProfiles(msgspec.Struct, frozen=True):
    """A row taken apart."""

    station_id: str
    profiles: Installed
    composite_schedules: tuple[ReportedSchedule, ...]
    external_limits: tuple[ExternalLimit, ...]
    reports: tuple[ProfileReport, ...]
    updated_at: datetime


_profiles_of = msgspec.json.Decoder(Installed).decode
_schedules_of = msgspec.json.Decoder(tuple[ReportedSchedule, ...]).decode
_limits_of = msgspec.json.Decoder(tuple[ExternalLimit, ...]).decode
_reports_of = msgspec.json.Decoder(tuple[ProfileReport, ...]).decode


def _thaw(row: StationProfilesRow) -> StationProfiles:
    return StationProfiles(
        row.station_id,
        _profiles_of(row.profiles),
        _schedules_of(row.composite_schedules),
        _limits_of(row.external_limits),
        _reports_of(row.reports),
        row.updated_at,
    )


def _freeze(held: StationProfiles) -> StationProfilesRow:
    return StationProfilesRow(
        held.station_id,
        _encode(held.profiles).decode(),
        _encode(held.composite_schedules).decode(),
        _encode(held.external_limits).decode(),
        _encode(held.reports).decode(),
        held.updated_at,
    )


def _key(event: DomainEvent) -> Key | None:
    if isinstance(event, Transaction.Updated) and event.remote_start_id is None:
        return None
    return parse(event.originator_id).station_id


station_profiles = Table(
    StationProfilesRow,
    sa.Table(
        "station_profiles",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("profiles", sa.Text, nullable=False),
        sa.Column("composite_schedules", sa.Text, nullable=False),
        sa.Column("external_limits", sa.Text, nullable=False),
        sa.Column("reports", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ),
    key_of=_key,
    thaw=_thaw,
    freeze=_freeze,
)


def _held(rows: Rows, event: DomainEvent) -> StationProfiles:
    station_id = parse(event.originator_id).station_id or ""
    return rows.get(station_profiles, station_id) or StationProfiles(station_id, (), (), (), (), event.timestamp)


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


def report_asked(rows: Rows, event: ChargingProfileBook.ReportAsked) -> None:
    held = _held(rows, event)
    report = _report(held, event.request_id, event.timestamp)
    complete = report.complete or event.status == "NoProfiles"
    changes = {"criteria": event.criteria, "status": event.status, "complete": complete}
    _keep_report(rows, event, held, msgspec.structs.replace(report, **changes))


def reported(rows: Rows, event: ChargingProfileBook.Reported) -> None:
    held = _held(rows, event)
    report = _report(held, event.request_id, event.timestamp)
    told = tuple(each for each in report.profiles if each not in event.profiles)  # a part may be sent twice
    report = msgspec.structs.replace(
        report,
        updated_at=event.timestamp,
        profiles=(*told, *event.profiles),
        complete=report.complete or event.last,
    )
    _keep_report(rows, event, held, report)


def _report(held: StationProfiles, request_id: int, at: datetime) -> ProfileReport:
    found = next((report for report in held.reports if report.request_id == request_id), None)
    return found or ProfileReport(request_id, at)


def _keep_report(rows: Rows, event: DomainEvent, held: StationProfiles, report: ProfileReport) -> None:
    """Once all parts are there, and it is known what was asked for, the report is held against the profiles."""
    others = tuple(other for other in held.reports if other.request_id != report.request_id)
    profiles = held.profiles
    if report.complete and report.criteria is not None:
        profiles = reconcile(profiles, report.criteria, report.profiles, event.timestamp)
    reports = (*others, report)[-REPORTS_KEPT:]
    rows.put(
        station_profiles,
        msgspec.structs.replace(held, profiles=profiles, reports=reports, updated_at=event.timestamp),
    )


def limit_notified(rows: Rows, event: ChargingProfileBook.LimitNotified) -> None:
    held = _held(rows, event)
    new = ExternalLimit(event.source, event.evse_id, event.grid_critical, event.schedules, event.timestamp)
    limits = limit(held.external_limits, new)
    rows.put(station_profiles, msgspec.structs.replace(held, external_limits=limits, updated_at=event.timestamp))


def limit_cleared(rows: Rows, event: ChargingProfileBook.LimitCleared) -> None:
    """The profiles by which the station kept to the limit are gone too."""
    held = _held(rows, event)
    external = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
    profiles = tuple(
        installed
        for installed in held.profiles
        if (installed.profile.purpose, installed.source) != (external, event.source)
        or event.evse_id not in (None, installed.evse_id)
    )
    limits = lift(held.external_limits, event.source, event.evse_id)
    rows.put(
        station_profiles,
        msgspec.structs.replace(held, profiles=profiles, external_limits=limits, updated_at=event.timestamp),
    )


def transaction_begun(rows: Rows, event: Transaction.Started | Transaction.Updated) -> None:
    """Of 2.x updates the one that tells of a remote start: the cable was there first."""
    if _key(event) is None:
        return
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
    version=2,
    tables=(station_profiles,),
    handlers={
        ChargingProfileBook.Set: was_set,
        ChargingProfileBook.Cleared: cleared,
        ChargingProfileBook.CompositeScheduleReported: schedule_reported,
        ChargingProfileBook.ReportAsked: report_asked,
        ChargingProfileBook.Reported: reported,
        ChargingProfileBook.LimitNotified: limit_notified,
        ChargingProfileBook.LimitCleared: limit_cleared,
        Transaction.Started: transaction_begun,
        Transaction.Updated: transaction_begun,
        Transaction.Ended: transaction_ended,
    },
)


async def profiles_of_stations(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, StationProfiles]:
    query = f"SELECT * FROM {charging_profiles.schema}.station_profiles WHERE station_id = ANY($1)"  # noqa: S608
    records = await pool.fetch(query, list(ids))
    return {record["station_id"]: _thaw(StationProfilesRow(*record)) for record in records}
