"""The tables of the read model `monitoring`, and what its handlers work on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
import sqlalchemy as sa

from domain.aggregate import DomainEvent
from domain.monitoring import Monitor
from domain.streams import parse
from projections.model import Row, Table

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_encode = msgspec.json.Encoder().encode


class MonitorRow(Row, frozen=True, gc=False):
    id: str
    station_id: str
    monitor_id: int
    component: str
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    variable: str
    instance: str | None
    type: str
    value: Decimal
    severity: int
    transaction: bool
    kind: str | None
    confirmed_at: datetime
    """When the station last said that it has it."""
    stale: bool
    """The station has booted since: its ids may mean others now."""
    removed_at: datetime | None
    alarm_at: datetime | None
    """When the last alarm began, by the station's clock."""
    alarm_value: str | None
    alarm_open: bool


class DeviceEventRow(Row, frozen=True, gc=False):
    id: str
    """Leads with the station's time: an event that is sent again is the same row."""
    station_id: str
    event_id: int
    occurred_at: datetime
    received_at: datetime
    trigger: str
    notification_type: str | None
    component: str
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    variable: str
    instance: str | None
    value: str
    cause: int | None
    tech_code: str | None
    tech_info: str | None
    cleared: bool | None
    transaction_id: str | None
    monitor_id: int | None
    severity: int | None
    """As told, or that of the monitor."""
    open: bool | None
    """An alarm that is not over."""
    ended_at: datetime | None
    """When an alarm was over, by the station's clock, or its monitor was no more."""


class MonitoringReportRow(Row, frozen=True, gc=False):
    id: str
    station_id: str
    request_id: int
    asked_at: datetime | None
    outcome: str | None
    criteria: str
    """JSON: texts."""
    variables: str
    """JSON: Variables."""
    parts: int
    complete: bool
    monitors: str
    """JSON: those of the parts that have come, in order."""
    reported_at: datetime | None


class SettingsRow(Row, frozen=True, gc=False):
    station_id: str
    base: str | None
    base_outcome: str | None
    level: int | None
    level_outcome: str | None


class Alarm(msgspec.Struct, frozen=True):
    event: str
    """The id of its row."""
    at: datetime
    open: bool
    monitor_id: int | None


class Report(msgspec.Struct):
    shown: MonitoringReportRow
    """As it is in its own table."""
    everything: bool | None = None
    """None: its answer has not been recorded yet."""
    parts: dict[int, tuple[Monitor, ...]] = {}
    """Not needed any more when they are complete and what was asked for is known."""
    last: int | None = None


class Watch(msgspec.Struct):
    """What is known of a station: its monitors, and the last alarm of each or of each variable without one."""

    station_id: str
    monitors: dict[int, MonitorRow] = {}
    alarms: dict[str, Alarm] = {}
    reports: dict[int, Report] = {}
    """By request id, the latest."""


class WatchRow(Row, frozen=True, gc=False):
    station_id: str
    watch: str
    """JSON."""


_decode = msgspec.json.Decoder(Watch).decode


def station_of(event: DomainEvent) -> str | None:
    return parse(event.originator_id).station_id


watch = Table(
    WatchRow,
    sa.Table(
        "watch",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("watch", sa.Text, nullable=False),
    ),
    key_of=station_of,
    thaw=lambda row: _decode(row.watch),
    freeze=lambda watch: WatchRow(watch.station_id, _encode(watch).decode()),
)

monitor = Table(
    MonitorRow,
    sa.Table(
        "monitor",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("monitor_id", sa.BigInteger, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("component_instance", sa.Text),
        sa.Column("evse_id", sa.BigInteger),
        sa.Column("connector_id", sa.BigInteger),
        sa.Column("variable", sa.Text, nullable=False),
        sa.Column("instance", sa.Text),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("value", sa.Numeric, nullable=False),
        sa.Column("severity", sa.BigInteger, nullable=False),
        sa.Column("transaction", sa.Boolean, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("confirmed_at", _instant, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("removed_at", _instant),
        sa.Column("alarm_at", _instant),
        sa.Column("alarm_value", sa.Text),
        sa.Column("alarm_open", sa.Boolean, nullable=False),
        sa.Index("monitor_station", "station_id"),
    ),
    key_of=lambda _: None,
)

device_event = Table(
    DeviceEventRow,
    sa.Table(
        "device_event",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C")),
        sa.Column("event_id", sa.BigInteger),
        sa.Column("occurred_at", _instant),
        sa.Column("received_at", _instant),
        sa.Column("trigger", sa.Text),
        sa.Column("notification_type", sa.Text),
        sa.Column("component", sa.Text),
        sa.Column("component_instance", sa.Text),
        sa.Column("evse_id", sa.BigInteger),
        sa.Column("connector_id", sa.BigInteger),
        sa.Column("variable", sa.Text),
        sa.Column("instance", sa.Text),
        sa.Column("value", sa.Text),
        sa.Column("cause", sa.BigInteger),
        sa.Column("tech_code", sa.Text),
        sa.Column("tech_info", sa.Text),
        sa.Column("cleared", sa.Boolean),
        sa.Column("transaction_id", sa.Text),
        sa.Column("monitor_id", sa.BigInteger),
        sa.Column("severity", sa.BigInteger),
        sa.Column("open", sa.Boolean),
        sa.Column("ended_at", _instant),
        sa.Index("device_event_station", "station_id", "id"),
        sa.Index("device_event_open", "id", postgresql_where=sa.text("open")),
    ),
    key_of=lambda _: None,
    merges=True,
)

monitoring_report = Table(
    MonitoringReportRow,
    sa.Table(
        "monitoring_report",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("request_id", sa.BigInteger, nullable=False),
        sa.Column("asked_at", _instant),
        sa.Column("outcome", sa.Text),
        sa.Column("criteria", sa.Text, nullable=False),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("monitors", sa.Text, nullable=False),
        sa.Column("reported_at", _instant),
        sa.Index("monitoring_report_station", "station_id"),
    ),
    key_of=lambda _: None,
)

settings = Table(
    SettingsRow,
    sa.Table(
        "settings",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("base", sa.Text),
        sa.Column("base_outcome", sa.Text),
        sa.Column("level", sa.BigInteger),
        sa.Column("level_outcome", sa.Text),
    ),
    key_of=station_of,
)
