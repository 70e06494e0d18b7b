"""Which stations there are, which are online, and in what state their connectors are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.events import Station, StationDay
from domain.journal import Recorded
from domain.streams import parse
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)


class StationRow(Row, frozen=True, gc=False):
    station_id: str
    online: bool = False
    node: str | None = None
    connection_id: str | None = None
    connected_at: datetime | None = None
    ocpp_version: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    registration_status: str | None = None
    """What the last BootNotification was answered."""
    security_profile: int | None = None
    registered_at: datetime | None = None
    booted_at: datetime | None = None
    last_seen_at: datetime | None = None
    tariff_id: str | None = None
    lenient: bool = False
    assumed_version: str | None = None
    reconcile: str = "MANUAL"


class ConnectorRow(Row, frozen=True, gc=False):
    station_id: str
    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    info: str | None
    occurred_at: datetime
    """When it changed, by the station's clock."""
    updated_at: datetime
    """When we learned of it."""


station = Table(
    StationRow,
    sa.Table(
        "station",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.Column("node", sa.Text),
        sa.Column("connection_id", sa.Text),
        sa.Column("connected_at", _instant),
        sa.Column("ocpp_version", sa.Text),
        sa.Column("vendor", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("serial_number", sa.Text),
        sa.Column("firmware_version", sa.Text),
        sa.Column("registration_status", sa.Text),
        sa.Column("security_profile", sa.Integer),
        sa.Column("registered_at", _instant),
        sa.Column("booted_at", _instant),
        sa.Column("last_seen_at", _instant),
        sa.Column("tariff_id", sa.Text),
        sa.Column("lenient", sa.Boolean, nullable=False),
        sa.Column("assumed_version", sa.Text),
        sa.Column("reconcile", sa.Text, nullable=False),
    ),
    key_of=lambda event: parse(event.originator_id).station_id,
)
connector = Table(
    ConnectorRow,
    sa.Table(
        "connector",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("evse_id", sa.Integer, primary_key=True),
        sa.Column("connector_id", sa.Integer, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("info", sa.Text),
        sa.Column("occurred_at", _instant, nullable=False),
        sa.Column("updated_at", _instant, nullable=False),
    ),
    key_of=lambda event: (
        (parse(event.originator_id).station_id, event.evse_id, event.connector_id)
        if isinstance(event, StationDay.StatusReported)
        else None
    ),
)

# A station is heard of through what it sends, not through what others do about it: another process may open a day and
# end a connection in it.
_NOT_FROM_THE_STATION = frozenset({"station", "command", "id-token", "tariff", "reconciliation"})
_NOT_SENT = frozenset({StationDay.Opened.TOPIC, StationDay.Disconnected.TOPIC})


def _change(rows: Rows, event: DomainEvent, **values: Any) -> None:
    station_id = parse(event.originator_id).station_id or ""
    row = rows.get(station, station_id) or StationRow(station_id)
    rows.put(station, replace(row, **values))


def seen(rows: Rows, recorded: Recorded) -> None:
    stream = parse(recorded.stream)
    if stream.kind in _NOT_FROM_THE_STATION or stream.station_id is None or recorded.topic in _NOT_SENT:
        return
    row, at = rows.get(station, stream.station_id) or StationRow(stream.station_id), recorded.at
    if row.last_seen_at is None or row.last_seen_at < at:
        rows.put(station, replace(row, last_seen_at=at))


def registered(rows: Rows, event: Station.Registered) -> None:
    _change(rows, event, security_profile=event.security_profile, registered_at=event.timestamp)


def credential_changed(rows: Rows, event: Station.CredentialChanged) -> None:
    _change(rows, event, security_profile=event.security_profile)


def boot_answered(rows: Rows, event: Station.BootAnswered) -> None:
    _change(rows, event, registration_status=event.status)


def identified(rows: Rows, event: Station.Identified) -> None:
    told = event.identity
    _change(
        rows,
        event,
        vendor=told.vendor,
        model=told.model,
        serial_number=told.serial_number,
        firmware_version=told.firmware_version,
    )


def tariff_assigned(rows: Rows, event: Station.TariffAssigned) -> None:
    if event.evse_id is None:
        _change(rows, event, tariff_id=event.tariff_id)


def options_set(rows: Rows, event: Station.OptionsSet) -> None:
    _change(rows, event, lenient=event.lenient, assumed_version=event.assumed_version, reconcile=event.reconcile)


def connected(rows: Rows, event: StationDay.Connected) -> None:
    connection = event.connection
    _change(
        rows,
        event,
        online=True,
        node=connection.node,
        connection_id=connection.id,
        connected_at=connection.since,
        ocpp_version=connection.protocol,
    )


def disconnected(rows: Rows, event: StationDay.Disconnected) -> None:
    row = rows.get(station, parse(event.originator_id).station_id)
    if row is not None and row.connection_id == event.connection_id:
        rows.put(station, replace(row, online=False, node=None, connection_id=None))


def booted(rows: Rows, event: StationDay.Booted) -> None:
    _change(rows, event, booted_at=event.timestamp)


def status_reported(rows: Rows, event: StationDay.StatusReported) -> None:
    """The last report counts; one that was queued offline and is older than what is known changes nothing. Within
    a second the last to arrive counts: a report without a time has ours, and stations write whole seconds.
    """
    station_id = parse(event.originator_id).station_id or ""
    known = rows.get(connector, (station_id, event.evse_id, event.connector_id))
    if known is None or event.occurred_at >= known.occurred_at.replace(microsecond=0):
        rows.put(
            connector,
            ConnectorRow(
                station_id,
                event.evse_id,
                event.connector_id,
                event.status,
                event.error_code,
                event.info,
                event.occurred_at,
                event.timestamp,
            ),
        )


availability = ReadModel(
    "availability",
    version=3,
    tables=(station, connector),
    every=seen,
    handlers={
        Station.Registered: registered,
        Station.CredentialChanged: credential_changed,
        Station.BootAnswered: boot_answered,
        Station.Identified: identified,
        Station.TariffAssigned: tariff_assigned,
        Station.OptionsSet: options_set,
        StationDay.Connected: connected,
        StationDay.Disconnected: disconnected,
        StationDay.Booted: booted,
        StationDay.StatusReported: status_reported,
    },
)


async def stations_by_id(pool: asyncpg.Pool, station_ids: Sequence[str]) -> dict[str, StationRow]:
    query = f"SELECT * FROM {availability.schema}.station WHERE station_id = ANY($1)"  # noqa: S608
    return {record["station_id"]: StationRow(*record) for record in await pool.fetch(query, list(station_ids))}


async def stations_page(
    pool: asyncpg.Pool, first: int, after: str | None, *, online: bool | None = None, ids: Sequence[str] | None = None
) -> Page[StationRow]:
    """Stations by id."""
    return await fetch_page(
        pool,
        f"{availability.schema}.station",
        StationRow,
        order="station_id",
        first=first,
        after=after,
        where={"online = {}": online, "station_id = ANY({}::text[])": list(ids) if ids is not None else None},
    )


async def connectors_of(pool: asyncpg.Pool, station_ids: Sequence[str]) -> dict[str, list[ConnectorRow]]:
    """The connectors of several stations in one query; EVSE 0, the station itself, is not among them."""
    query = (
        f"SELECT * FROM {availability.schema}.connector WHERE station_id = ANY($1) AND evse_id > 0"  # noqa: S608
        " ORDER BY station_id, evse_id, connector_id"
    )
    found: dict[str, list[ConnectorRow]] = {station_id: [] for station_id in station_ids}
    for record in await pool.fetch(query, list(station_ids)):
        found[record["station_id"]].append(ConnectorRow(*record))
    return found


async def online_at_nodes(pool: asyncpg.Pool, nodes: Sequence[str]) -> list[StationRow]:
    """Stations whose socket is said to be held by one of these processes."""
    query = f"SELECT * FROM {availability.schema}.station WHERE online AND node = ANY($1)"  # noqa: S608
    return [StationRow(*record) for record in await pool.fetch(query, list(nodes))]
