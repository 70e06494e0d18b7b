"""Handlers of the read model `monitoring` for the monitors themselves: set, cleared, reported in parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.events import StationDay
from domain.monitoring import CUSTOM, PRECONFIGURED, Monitor, MonitoringBook
from domain.streams import within
from projections.model import Rows
from projections.monitoring_tables import (
    Alarm,
    DeviceEventRow,
    MonitoringReportRow,
    MonitorRow,
    Report,
    SettingsRow,
    Watch,
    device_event,
    monitor,
    monitoring_report,
    settings,
    station_of,
    watch,
)
from projections.parts import complete

_encode = msgspec.json.Encoder().encode
_ACCEPTED, _EMPTY, _NOT_FOUND = "Accepted", "EmptyResultSet", "NotFound"
_REMEMBERED_REPORTS = 20
_REMOVED_BY = {"FactoryDefault": frozenset({CUSTOM}), "HardWiredOnly": frozenset({CUSTOM, PRECONFIGURED})}
"""The kinds of monitors that a base does away with (N03); of those whose kind was never told, the next report says."""


def _watch(rows: Rows, event: DomainEvent) -> Watch:
    """To be changed and put back."""
    station_id = station_of(event) or ""
    known: Watch = rows.get(watch, station_id) or Watch(station_id)
    rows.put(watch, known)
    return known


def show(rows: Rows, known: Watch, row: MonitorRow) -> None:
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
    show(rows, known, row)


def _remove(rows: Rows, known: Watch, monitor_ids: Iterable[int], at: datetime) -> None:
    for monitor_id in list(monitor_ids):
        if (row := known.monitors.get(monitor_id)) is not None:
            show(rows, known, replace(row, removed_at=at, alarm_open=False))
        if (alarm := known.alarms.pop(of_monitor(monitor_id), None)) is not None and alarm.open:
            end_alarm(rows, alarm, at)


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
    station_id = station_of(event) or ""
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
    known: Watch | None = rows.get(watch, station_of(event))
    if known is not None and known.monitors:
        for row in list(known.monitors.values()):
            show(rows, known, replace(row, stale=True))
        rows.put(watch, known)


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


# Alarms


def end_alarm(rows: Rows, alarm: Alarm, at: datetime) -> None:
    nothing: dict[str, Any] = dict.fromkeys(device_event.columns)
    rows.put(device_event, DeviceEventRow(**(nothing | {"id": alarm.event, "open": False, "ended_at": at})))


def of_monitor(monitor_id: int) -> str:
    return f"#{monitor_id}"
