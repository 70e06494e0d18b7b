"""Monitors of stations' variables, what they and the stations themselves notified, and which alarms are not over.

An alarm is an event with trigger Alerting. It is over when its monitor has said so (`cleared`), or is no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.configuration import Variable
from domain.events import StationDay
from domain.monitoring import CUSTOM, PRECONFIGURED, Monitor, MonitoringBook
from domain.station_day import DeviceEvent
from domain.streams import parse, within
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page
from projections.parts import complete

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_encode = msgspec.json.Encoder().encode
_ACCEPTED, _EMPTY, _NOT_FOUND = "Accepted", "EmptyResultSet", "NotFound"
_ALERTING = "Alerting"
_REMEMBERED_REPORTS = 20
_MOST = 2**63 - 1
_REMOVED_BY = {"FactoryDefault": frozenset({CUSTOM}), "HardWiredOnly": frozenset({CUSTOM, PRECONFIGURED})}
"""The kinds of monitors that a base does away with (N03); of those whose kind was never told, the next report says."""


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


def _station(event: DomainEvent) -> str | None:
    return parse(event.originator_id).station_id


watch = Table(
    WatchRow,
    sa.Table(
        "watch",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("watch", sa.Text, nullable=False),
    ),
    key_of=_station,
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
    key_of=_station,
)


def _watch(rows: Rows, event: DomainEvent) -> Watch:
    """To be changed and put back."""
    station_id = _station(event) or ""
    known: Watch = rows.get(watch, station_id) or Watch(station_id)
    rows.put(watch, known)
    return known


# Monitors


def _show(rows: Rows, known: Watch, row: MonitorRow) -> None:
    rows.put(monitor, row)
    if row.removed_at is None:
        known.monitors[row.monitor_id] = row
    else:
        known.monitors.pop(row.monitor_id, None)


def _confirm(rows: Rows, known: Watch, found: Monitor, at: datetime) -> None:
    if found.id is None:
        return
    variable, evse = found.variable, found.variable.evse
    before = known.monitors.get(found.id)
    same = before is not None and (before.component, before.variable, before.type) == (
        variable.component,
        variable.name,
        found.type,
    )
    row = MonitorRow(
        id=within(known.station_id, f"{found.id:010}"),
        station_id=known.station_id,
        monitor_id=found.id,
        component=variable.component or "",
        component_instance=variable.component_instance,
        evse_id=evse.id if evse else None,
        connector_id=evse.connector_id if evse else None,
        variable=variable.name,
        instance=variable.instance,
        type=found.type,
        value=found.value,
        severity=found.severity,
        transaction=found.transaction,
        kind=found.kind or (before.kind if before and same else None),
        confirmed_at=at,
        stale=False,
        removed_at=None,
        alarm_at=before.alarm_at if before and same else None,
        alarm_value=before.alarm_value if before and same else None,
        alarm_open=bool(before and same and before.alarm_open),
    )
    _show(rows, known, row)


def _remove(rows: Rows, known: Watch, monitor_ids: Iterable[int], at: datetime) -> None:
    for monitor_id in list(monitor_ids):
        if (row := known.monitors.get(monitor_id)) is not None:
            _show(rows, known, replace(row, removed_at=at, alarm_open=False))
        if (alarm := known.alarms.pop(_of_monitor(monitor_id), None)) is not None and alarm.open:
            _end(rows, alarm, at)


def base_answered(rows: Rows, event: MonitoringBook.BaseAnswered) -> None:
    _set(rows, event, base=event.base, base_outcome=event.outcome)
    if event.outcome == _ACCEPTED:
        known, kinds = _watch(rows, event), _REMOVED_BY.get(event.base, frozenset())
        gone = [number for number, row in known.monitors.items() if row.kind in kinds]
        _remove(rows, known, gone, event.timestamp)


def level_answered(rows: Rows, event: MonitoringBook.LevelAnswered) -> None:
    _set(rows, event, level=event.severity, level_outcome=event.outcome)


def _set(rows: Rows, event: DomainEvent, **told: Any) -> None:
    """What the station did not accept does not take the place of what it did before."""
    station_id = _station(event) or ""
    row = rows.get(settings, station_id) or SettingsRow(station_id, None, None, None, None)
    accepted = _ACCEPTED in told.values()
    rows.put(settings, replace(row, **{n: v for n, v in told.items() if accepted or n.endswith("outcome")}))


def settings_answered(rows: Rows, event: MonitoringBook.SettingsAnswered) -> None:
    known = _watch(rows, event)
    for setting in event.settings:
        if setting.outcome == _ACCEPTED:
            _confirm(rows, known, setting.monitor, event.timestamp)


def clearings_answered(rows: Rows, event: MonitoringBook.ClearingsAnswered) -> None:
    gone = [c.monitor_id for c in event.clearings if c.outcome in (_ACCEPTED, _NOT_FOUND)]
    _remove(rows, _watch(rows, event), gone, event.timestamp)


def booted(rows: Rows, event: StationDay.Booted) -> None:
    known: Watch | None = rows.get(watch, _station(event))
    if known is not None and known.monitors:
        for row in list(known.monitors.values()):
            _show(rows, known, replace(row, stale=True))
        rows.put(watch, known)


# Reports


def _report(known: Watch, request_id: int) -> Report:
    found = known.reports.get(request_id)
    if found is None:
        id = within(known.station_id, f"{request_id:010}")
        shown = MonitoringReportRow(
            id, known.station_id, request_id, None, None, "[]", "[]", 0, complete=False, monitors="[]", reported_at=None
        )
        found = known.reports[request_id] = Report(shown)
        for old in list(known.reports)[:-_REMEMBERED_REPORTS]:
            del known.reports[old]
    return found


def report_answered(rows: Rows, event: MonitoringBook.ReportAnswered) -> None:
    known = _watch(rows, event)
    if (before := known.reports.get(event.request_id)) is not None and before.everything is not None:
        del known.reports[event.request_id]  # somebody has used the number again
    report = _report(known, event.request_id)
    report.everything = not (event.criteria or event.variables)
    if event.outcome == _EMPTY:
        report.parts, report.last = {0: ()}, 0
    report.shown = replace(
        report.shown,
        asked_at=event.timestamp,
        outcome=event.outcome,
        criteria=_encode(event.criteria).decode(),
        variables=_encode(event.variables).decode(),
    )
    _assemble(rows, known, report, event.timestamp)


def reported(rows: Rows, event: MonitoringBook.Reported) -> None:
    known = _watch(rows, event)
    report = _report(known, event.request_id)
    if report.shown.complete:
        return  # told again
    report.parts[event.seq_no] = event.monitors
    if event.last:
        report.last = event.seq_no
    report.shown = replace(report.shown, reported_at=event.timestamp)
    for found in event.monitors:
        _confirm(rows, known, found, event.timestamp)
    _assemble(rows, known, report, event.timestamp)


def _assemble(rows: Rows, known: Watch, report: Report, at: datetime) -> None:
    """Everything that is not in a complete report of everything is there no more."""
    monitors = [found for _, part in sorted(report.parts.items()) for found in part]
    done = complete(report.parts, report.last)
    report.shown = replace(report.shown, parts=len(report.parts), complete=done, monitors=_encode(monitors).decode())
    rows.put(monitoring_report, report.shown)
    if done and report.everything:
        _remove(rows, known, known.monitors.keys() - {found.id for found in monitors}, at)
    if done and report.everything is not None:
        report.parts = {}


# Events


def events_notified(rows: Rows, event: StationDay.EventsNotified) -> None:
    known = _watch(rows, event)
    for told in event.events:
        if (watching := _watching(known, told)) is not None and watching.kind is None:
            _show(rows, known, replace(watching, kind=told.notification_type))
        row = _row_of(told, known, event.timestamp)
        opens = _alarm(rows, known, told, row.id)
        rows.put(device_event, row if opens is None else replace(row, open=opens))


def _watching(known: Watch, told: DeviceEvent) -> MonitorRow | None:
    return None if told.monitor_id is None else known.monitors.get(told.monitor_id)


def _row_of(told: DeviceEvent, known: Watch, received_at: datetime) -> DeviceEventRow:
    watching = _watching(known, told)
    return DeviceEventRow(
        id=f"{told.occurred_at.isoformat(timespec='microseconds')[:26]}-{known.station_id}-{told.event_id}",
        station_id=known.station_id,
        event_id=max(-_MOST, min(told.event_id, _MOST)),
        occurred_at=told.occurred_at,
        received_at=received_at,
        trigger=told.trigger,
        notification_type=told.notification_type,
        component=told.component,
        component_instance=told.component_instance,
        evse_id=told.evse.id if told.evse else None,
        connector_id=told.evse.connector_id if told.evse else None,
        variable=told.variable,
        instance=told.variable_instance,
        value=told.value,
        cause=told.cause,
        tech_code=told.tech_code,
        tech_info=told.tech_info,
        cleared=told.cleared,
        transaction_id=told.transaction_id,
        monitor_id=told.monitor_id,
        severity=watching.severity if told.severity is None and watching else told.severity,
        open=None,
        ended_at=None,
    )


def _alarm(rows: Rows, known: Watch, told: DeviceEvent, row_id: str) -> bool | None:
    """Whether the event is an alarm that stands from now on; None if it is none. It takes the place of the one before.

    What comes late, or again, does not change what is known since.
    """
    if told.trigger != _ALERTING and not told.cleared:
        return None
    key = _subject(told)
    before = known.alarms.get(key)
    if before is not None and told.occurred_at <= before.at:
        return before.open if row_id == before.event and not told.cleared else None
    if before is not None and before.open:
        _end(rows, before, told.occurred_at)
    opens = not told.cleared
    known.alarms[key] = Alarm(row_id, told.occurred_at, opens, told.monitor_id)
    if (watching := _watching(known, told)) is not None:
        begun = {"alarm_at": told.occurred_at, "alarm_value": told.value} if opens else {}
        _show(rows, known, replace(watching, alarm_open=opens, **begun))
    return opens or None


def _end(rows: Rows, alarm: Alarm, at: datetime) -> None:
    nothing: dict[str, Any] = dict.fromkeys(device_event.columns)
    rows.put(device_event, DeviceEventRow(**(nothing | {"id": alarm.event, "open": False, "ended_at": at})))


def _subject(told: DeviceEvent) -> str:
    if told.monitor_id is not None:
        return _of_monitor(told.monitor_id)
    return Variable(told.variable, told.component, told.variable_instance, told.component_instance, told.evse).folded


def _of_monitor(monitor_id: int) -> str:
    return f"#{monitor_id}"


monitoring = ReadModel(
    "monitoring",
    version=1,
    tables=(watch, monitor, device_event, monitoring_report, settings),
    handlers={
        MonitoringBook.BaseAnswered: base_answered,
        MonitoringBook.LevelAnswered: level_answered,
        MonitoringBook.SettingsAnswered: settings_answered,
        MonitoringBook.ClearingsAnswered: clearings_answered,
        MonitoringBook.ReportAnswered: report_answered,
        MonitoringBook.Reported: reported,
        StationDay.Booted: booted,
        StationDay.EventsNotified: events_notified,
    },
)


async def monitors_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[MonitorRow]:
    """Monitors, those of a station together. `where`: station_id, component, severity_at_most, uncleared, removed."""
    removed = where.get("removed")
    return await fetch_page(
        pool,
        f"{monitoring.schema}.monitor",
        MonitorRow,
        order="id",
        first=first,
        after=after,
        where={
            **_common(where),
            "alarm_open = {}": where.get("uncleared") or None,
            "(removed_at IS NOT NULL) = {}": False if removed is None else removed,
        },
    )


async def device_events_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[DeviceEventRow]:
    """Events, youngest first by the stations' clocks. `where`: station_id, component, severity_at_most, uncleared,
    trigger, monitor_id, transaction_id.
    """
    return await fetch_page(
        pool,
        f"{monitoring.schema}.device_event",
        DeviceEventRow,
        order="id",
        first=first,
        after=after,
        descending=True,
        where={
            **_common(where),
            "open = {}": where.get("uncleared") or None,
            "trigger = {}": where.get("trigger"),
            "monitor_id = {}": where.get("monitor_id"),
            "transaction_id = {}": where.get("transaction_id"),
        },
    )


def _common(where: dict[str, Any]) -> dict[str, Any]:
    return {
        "station_id = {}": where.get("station_id"),
        "lower(component) = lower({})": where.get("component"),
        "severity <= {}": where.get("severity_at_most"),
    }


async def monitoring_reports_page(
    pool: asyncpg.Pool, first: int, after: str | None, **where: Any
) -> Page[MonitoringReportRow]:
    """Reports, those of a station together. `where`: station_id, request_id."""
    return await fetch_page(
        pool,
        f"{monitoring.schema}.monitoring_report",
        MonitoringReportRow,
        order="id",
        first=first,
        after=after,
        where={"station_id = {}": where.get("station_id"), "request_id = {}": where.get("request_id")},
    )


async def monitoring_settings(pool: asyncpg.Pool, station_id: str) -> SettingsRow | None:
    query = f"SELECT * FROM {monitoring.schema}.settings WHERE station_id = $1"  # noqa: S608
    record = await pool.fetchrow(query, station_id)
    return SettingsRow(*record) if record else None


monitors_in = msgspec.json.Decoder(list[Monitor]).decode
variables_in = msgspec.json.Decoder(list[Variable]).decode
texts_in = msgspec.json.Decoder(list[str]).decode
