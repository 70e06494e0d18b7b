"""Monitors of stations' variables, what they and the stations themselves notified, and which alarms are not over.

An alarm is an event with trigger Alerting. It is over when its monitor has said so (`cleared`), or is no more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import replace

from domain.configuration import Variable
from domain.events import StationDay
from domain.monitoring import Monitor, MonitoringBook
from domain.station_day import DeviceEvent
from projections import monitors
from projections.model import ReadModel, Rows
from projections.monitoring_tables import (
    Alarm,
    DeviceEventRow,
    MonitoringReportRow,
    MonitorRow,
    SettingsRow,
    Watch,
    device_event,
    monitor,
    monitoring_report,
    settings,
    station_of,
    watch,
)
from projections.monitors import end_alarm, of_monitor, show
from projections.page import Page, fetch_page

_ALERTING = "Alerting"
_MOST = 2**63 - 1


def events_notified(rows: Rows, event: StationDay.EventsNotified) -> None:
    station_id = station_of(event) or ""
    known: Watch = rows.get(watch, station_id) or Watch(station_id)
    learnt = False
    for told in event.events:
        watching = _watching(known, told)
        if watching is not None and watching.kind is None and told.notification_type is not None:
            show(rows, known, replace(watching, kind=told.notification_type))
            learnt = True
        row = _row_of(told, known, event.timestamp)
        opens = _alarm(rows, known, told, row.id)
        rows.put(device_event, row if opens is None else replace(row, open=opens))
        learnt = learnt or told.trigger == _ALERTING or bool(told.cleared)
    if learnt:
        rows.put(watch, known)


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
        end_alarm(rows, before, told.occurred_at)
    opens = not told.cleared
    known.alarms[key] = Alarm(row_id, told.occurred_at, opens, told.monitor_id)
    if (watching := _watching(known, told)) is not None:
        begun = {"alarm_at": told.occurred_at, "alarm_value": told.value} if opens else {}
        show(rows, known, replace(watching, alarm_open=opens, **begun))
    return opens or None


def _subject(told: DeviceEvent) -> str:
    if told.monitor_id is not None:
        return of_monitor(told.monitor_id)
    return Variable(told.variable, told.component, told.variable_instance, told.component_instance, told.evse).folded


monitoring = ReadModel(
    "monitoring",
    version=1,
    tables=(watch, monitor, device_event, monitoring_report, settings),
    handlers={
        MonitoringBook.BaseAnswered: monitors.base_answered,
        MonitoringBook.LevelAnswered: monitors.level_answered,
        MonitoringBook.SettingsAnswered: monitors.settings_answered,
        MonitoringBook.ClearingsAnswered: monitors.clearings_answered,
        MonitoringBook.ReportAnswered: monitors.report_answered,
        MonitoringBook.Reported: monitors.reported,
        StationDay.Booted: monitors.booted,
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
