"""Maintenance: firmware updated and published, logs and diagnostics uploaded: one row a job, and what was told of it.

A status names its job by request id; one without belongs to the latest job of its kind. Idle says that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.maintenance import MaintenanceBook
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)

FIRMWARE, LOG, DIAGNOSTICS, PUBLICATION = "firmware", "log", "diagnostics", "publication"
_KINDS: dict[type[DomainEvent], str] = {
    MaintenanceBook.FirmwareUpdateRequested: FIRMWARE,
    MaintenanceBook.FirmwareStatusReported: FIRMWARE,
    MaintenanceBook.LogRequested: LOG,
    MaintenanceBook.LogStatusReported: LOG,
    MaintenanceBook.DiagnosticsRequested: DIAGNOSTICS,
    MaintenanceBook.DiagnosticsStatusReported: DIAGNOSTICS,
    MaintenanceBook.PublicationRequested: PUBLICATION,
    MaintenanceBook.PublicationStatusReported: PUBLICATION,
}
_IDLE = "Idle"
_CANCELED = "AcceptedCanceled"
_UNPUBLISHED = "Unpublished"
_AGREED = frozenset({"Accepted", _CANCELED})
_LAST = frozenset(
    {
        *("Installed", "DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "InvalidSignature"),
        *("Uploaded", "UploadFailed", "UploadFailure", "BadMessage", "NotSupportedOperation", "PermissionDenied"),
        *("Published", "PublishFailed", "InvalidChecksum", _CANCELED),
    }
)
"""Statuses after which nothing more is to come of a job."""


class JobRow(Row, frozen=True, gc=False):
    id: str
    """Leads with the time at which we first heard of it."""
    station_id: str
    kind: str
    request_id: int | None
    requested_at: datetime | None
    """None: we did not ask for it, or never learned that the station heard us."""
    location: str | None
    outcome: str | None
    log_type: str | None
    signed: bool | None
    retrieve_at: datetime | None
    install_at: datetime | None
    oldest: datetime | None
    latest: datetime | None
    retries: int | None
    retry_interval: int | None
    file_name: str | None
    status: str | None
    status_at: datetime | None
    finished: bool | None
    checksum: str | None
    locations: str | None
    """JSON: a list of URLs at which firmware is offered."""


class ProgressRow(Row, frozen=True, gc=False):
    job_id: str
    at: datetime
    number: int
    status: str


class TrackRow(Row, frozen=True, gc=False):
    """Which job a status belongs to: by its request id, or -1 for the latest job of the kind."""

    station_id: str
    kind: str
    request_id: int
    job_id: str
    requested: bool
    finished: bool


class PublishedRow(Row, frozen=True, gc=False):
    """The latest job that published firmware with a checksum; that is how it is named when it is to end."""

    station_id: str
    checksum: str
    job_id: str


_LATEST = -1


def _latest(event: DomainEvent) -> Key | None:
    kind = _KINDS.get(type(event))
    return None if kind is None else (parse(event.originator_id).station_id, kind, _LATEST)


def _numbered(event: DomainEvent) -> Key | None:
    latest, request_id = _latest(event), getattr(event, "request_id", None)
    return (*latest[:2], request_id) if isinstance(latest, tuple) and request_id is not None else None


def _published(event: DomainEvent) -> Key | None:
    kinds = (MaintenanceBook.PublicationRequested, MaintenanceBook.PublicationEndAnswered)
    return (parse(event.originator_id).station_id, event.checksum.casefold()) if isinstance(event, kinds) else None


def _pointers(name: str, key_of: Any) -> Table[TrackRow]:
    return Table(
        TrackRow,
        sa.Table(
            name,
            _metadata,
            sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
            sa.Column("kind", sa.Text, primary_key=True),
            sa.Column("request_id", sa.BigInteger, primary_key=True),
            sa.Column("job_id", sa.Text, nullable=False),
            sa.Column("requested", sa.Boolean, nullable=False),
            sa.Column("finished", sa.Boolean, nullable=False),
        ),
        key_of=key_of,
    )


latest_job = _pointers("latest_job", _latest)
numbered_job = _pointers("numbered_job", _numbered)

job = Table(
    JobRow,
    sa.Table(
        "job",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("request_id", sa.BigInteger),
        sa.Column("requested_at", _instant),
        sa.Column("location", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("log_type", sa.Text),
        sa.Column("signed", sa.Boolean),
        sa.Column("retrieve_at", _instant),
        sa.Column("install_at", _instant),
        sa.Column("oldest", _instant),
        sa.Column("latest", _instant),
        sa.Column("retries", sa.BigInteger),
        sa.Column("retry_interval", sa.BigInteger),
        sa.Column("file_name", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("status_at", _instant),
        sa.Column("finished", sa.Boolean),
        sa.Column("checksum", sa.Text),
        sa.Column("locations", sa.Text),
        sa.Index("job_station", "station_id"),
    ),
    key_of=lambda _: None,
    merges=True,
)

progress = Table(
    ProgressRow,
    sa.Table(
        "progress",
        _metadata,
        sa.Column("job_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("at", _instant, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
    ),
    key_of=lambda _: None,
    merges=True,
)

published = Table(
    PublishedRow,
    sa.Table(
        "published",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("checksum", sa.Text(collation="C"), primary_key=True),
        sa.Column("job_id", sa.Text, nullable=False),
    ),
    key_of=_published,
)

_BLANK: dict[str, Any] = dict.fromkeys(job.columns)


class _Known(NamedTuple):
    """What is known before an event: the latest job of the kind, and the one that the event is about."""

    station_id: str
    kind: str
    request_id: int | None
    latest: TrackRow | None
    meant: TrackRow | None


def _known(rows: Rows, event: DomainEvent) -> _Known:
    station_id, request_id = parse(event.originator_id).station_id or "", getattr(event, "request_id", None)
    latest = rows.get(latest_job, _latest(event))
    meant = latest if request_id is None else rows.get(numbered_job, _numbered(event))
    return _Known(station_id, _KINDS[type(event)], request_id, latest, meant)


def _new_id(event: DomainEvent, station_id: str) -> str:
    return f"{event.timestamp:%Y%m%d%H%M%S%f}-{station_id}-{event.originator_version}"


def _tell(rows: Rows, known: _Known, job_id: str, **told: Any) -> None:
    """Add to a job what was told of it."""
    rows.put(job, JobRow(**(_BLANK | {"id": job_id, "station_id": known.station_id, "kind": known.kind} | told)))


def _report(rows: Rows, known: _Known, job_id: str, status: str, event: DomainEvent) -> None:
    told: dict[str, Any] = {"status": status, "status_at": event.timestamp, "finished": status in _LAST}
    if locations := getattr(event, "locations", ()):
        told["locations"] = msgspec.json.encode(list(locations)).decode()
    _tell(rows, known, job_id, request_id=known.request_id, **told)
    rows.put(progress, ProgressRow(job_id, event.timestamp, event.originator_version, status))


def _track(rows: Rows, known: _Known, job_id: str, *, latest: bool, requested: bool, finished: bool) -> None:
    row = TrackRow(known.station_id, known.kind, _LATEST, job_id, requested, finished)
    if latest:
        rows.put(latest_job, row)
    if known.request_id is not None:
        rows.put(numbered_job, replace(row, request_id=known.request_id))


def requested(rows: Rows, event: Any) -> None:
    """A status may have come before the answer: then the job is there already."""
    known = _known(rows, event)
    told = {name: value for name in job.columns if (value := getattr(event, name, None)) is not None}
    told |= {"requested_at": event.timestamp, "outcome": told.get("outcome", "Accepted")}
    if known.meant is not None and _waits_for_its_request(known.meant):
        job_id, finished = known.meant.job_id, known.meant.finished
    else:
        job_id, finished = _new_id(event, known.station_id), not _goes_on(event)
        if told["outcome"] == _CANCELED and known.latest is not None and not known.latest.finished:
            _report(rows, known._replace(request_id=None), known.latest.job_id, _CANCELED, event)
    _tell(rows, known, job_id, finished=finished, **told)
    if isinstance(event, MaintenanceBook.PublicationRequested) and event.outcome in _AGREED:
        rows.put(published, PublishedRow(known.station_id, event.checksum.casefold(), job_id))
    _track(rows, known, job_id, latest=told["outcome"] in _AGREED, requested=True, finished=finished)


def _waits_for_its_request(track: TrackRow) -> bool:
    """Whether a job that nobody had asked for is this one; without a number, what is over has nothing to do with it."""
    return not track.requested and not (track.request_id == _LATEST and track.finished)


def _goes_on(event: Any) -> bool:
    """Whether something is to come after the station's answer."""
    if isinstance(event, MaintenanceBook.DiagnosticsRequested):
        return event.file_name is not None
    return event.outcome in _AGREED


def status_reported(rows: Rows, event: Any) -> None:
    if event.status == _IDLE:
        return
    known = _known(rows, event)
    job_id = known.meant.job_id if known.meant is not None else _new_id(event, known.station_id)
    _report(rows, known, job_id, event.status, event)
    _track(
        rows,
        known,
        job_id,
        latest=known.latest is None or known.latest.job_id == job_id,
        requested=known.meant is not None and known.meant.requested,
        finished=event.status in _LAST,
    )


def publication_end_answered(rows: Rows, event: MaintenanceBook.PublicationEndAnswered) -> None:
    row = rows.get(published, _published(event))
    if row is None or event.outcome != _UNPUBLISHED:
        return
    known = _Known(row.station_id, PUBLICATION, None, None, None)
    _tell(rows, known, row.job_id, status=_UNPUBLISHED, status_at=event.timestamp, finished=True)
    rows.put(progress, ProgressRow(row.job_id, event.timestamp, event.originator_version, _UNPUBLISHED))


maintenance = ReadModel(
    "maintenance",
    version=2,
    tables=(latest_job, numbered_job, job, progress, published),
    handlers={
        MaintenanceBook.PublicationEndAnswered: publication_end_answered,
        **{kind: requested if kind.TOPIC.endswith("requested") else status_reported for kind in _KINDS},
    },
)


async def jobs_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[JobRow]:
    """Jobs, youngest first. `where`: station_id, kind, finished."""
    return await fetch_page(
        pool,
        f"{maintenance.schema}.job",
        JobRow,
        order="id",
        first=first,
        after=after,
        descending=True,
        where={
            "station_id = {}": where.get("station_id"),
            "kind = {}": where.get("kind"),
            "finished = {}": where.get("finished"),
        },
    )


async def progress_by_job(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, list[ProgressRow]]:
    """What stations told of jobs, in the order in which they did."""
    query = f"SELECT * FROM {maintenance.schema}.progress WHERE job_id = ANY($1) ORDER BY job_id, at, number"  # noqa: S608
    found: dict[str, list[ProgressRow]] = {}
    for record in await pool.fetch(query, list(ids)):
        found.setdefault(record["job_id"], []).append(ProgressRow(*record))
    return found
