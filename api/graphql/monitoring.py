# mypy: disallow_untyped_decorators=false
"""Monitors of stations' variables, what they notified, and which alarms are not over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from api.graphql.context import Info
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import whole
from api.graphql.visibility import at_least
from domain.configuration import Variable
from domain.monitoring import Monitor as Found
from projections.monitoring import (
    device_events_page,
    monitoring,
    monitoring_reports_page,
    monitoring_settings,
    monitors_in,
    monitors_page,
    texts_in,
    variables_in,
)
from projections.monitoring_tables import DeviceEventRow, MonitoringReportRow, MonitorRow, SettingsRow

_SEVERITY = "From 0, danger, to 9, debug."


@strawberry.type(description="A variable of 2.x, or all of a component.")
class ComponentVariable:
    component: str
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    variable: str | None = strawberry.field(description="Null: every variable of the component.")
    instance: str | None = strawberry.field(description="Of the variable.")

    @classmethod
    def of(cls, named: Variable) -> ComponentVariable:
        return cls(
            component=named.component or "",
            component_instance=named.component_instance,
            evse_id=_whole(named.evse.id) if named.evse else None,
            connector_id=_whole(named.evse.connector_id) if named.evse else None,
            variable=named.name or None,
            instance=named.instance,
        )

    @classmethod
    def in_row(cls, row: MonitorRow | DeviceEventRow) -> ComponentVariable:
        return cls(
            component=row.component,
            component_instance=row.component_instance,
            evse_id=_whole(row.evse_id),
            connector_id=_whole(row.connector_id),
            variable=row.variable,
            instance=row.instance,
        )


def _whole(number: int | None) -> int | None:
    return None if number is None else whole(number)


@strawberry.type(description="What a station watches: a variable, and when to tell of it.")
class VariableMonitor:
    id: strawberry.ID
    station_id: strawberry.ID
    monitor_id: int = strawberry.field(description="As the station knows it.")
    of: ComponentVariable
    type: str = strawberry.field(description="2.x MonitorEnumType.")
    value: Decimal = strawberry.field(description="A threshold, a difference, or seconds, as the type says.")
    severity: int = strawberry.field(description=_SEVERITY)
    transaction: bool = strawberry.field(description="It only looks while a transaction is running.")
    kind: str | None = strawberry.field(
        description="HardWiredMonitor, PreconfiguredMonitor or CustomMonitor; null until the station has told."
    )
    confirmed_at: datetime = strawberry.field(description="When the station last said that it has it.")
    stale: bool = strawberry.field(description="The station has booted since, and may have other ids: ask anew.")
    removed_at: datetime | None
    alarm_at: datetime | None = strawberry.field(description="When the last alarm began, by the station's clock.")
    alarm_value: str | None
    alarm_open: bool = strawberry.field(description="The last alarm is not over.")

    @classmethod
    def at(cls, row: MonitorRow) -> VariableMonitor:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            monitor_id=whole(row.monitor_id),
            of=ComponentVariable.in_row(row),
            type=row.type,
            value=row.value,
            severity=whole(row.severity),
            transaction=row.transaction,
            kind=row.kind,
            confirmed_at=row.confirmed_at,
            stale=row.stale,
            removed_at=row.removed_at,
            alarm_at=row.alarm_at,
            alarm_value=row.alarm_value,
            alarm_open=row.alarm_open,
        )


@strawberry.type(description="Something that a station told of a variable. An alarm has trigger Alerting.")
class DeviceEvent:
    id: strawberry.ID
    station_id: strawberry.ID
    event_id: str = strawberry.field(description="As the station counts them.")
    occurred_at: datetime
    received_at: datetime
    trigger: str = strawberry.field(description="2.x EventTriggerEnumType: Alerting, Delta or Periodic.")
    notification_type: str | None = strawberry.field(description="2.x EventNotificationEnumType.")
    of: ComponentVariable
    value: str
    cause: int | None = strawberry.field(description="The event of the station that set this one off.")
    tech_code: str | None
    tech_info: str | None
    cleared: bool | None = strawberry.field(description="An alarm of this monitor is over.")
    transaction_id: str | None
    monitor_id: int | None
    severity: int | None = strawberry.field(description=f"{_SEVERITY} As told, or that of the monitor.")
    open: bool = strawberry.field(description="An alarm that is not over, and whose place no other has taken.")
    ended_at: datetime | None = strawberry.field(description="When an alarm was over, or another took its place.")

    @classmethod
    def at(cls, row: DeviceEventRow) -> DeviceEvent:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            event_id=str(row.event_id),
            occurred_at=row.occurred_at,
            received_at=row.received_at,
            trigger=row.trigger,
            notification_type=row.notification_type,
            of=ComponentVariable.in_row(row),
            value=row.value,
            cause=row.cause,
            tech_code=row.tech_code,
            tech_info=row.tech_info,
            cleared=row.cleared,
            transaction_id=row.transaction_id,
            monitor_id=row.monitor_id,
            severity=row.severity,
            open=bool(row.open),
            ended_at=row.ended_at,
        )


@strawberry.type(description="A monitor in a report.")
class ReportedMonitor:
    monitor_id: int | None
    of: ComponentVariable
    type: str
    value: Decimal
    severity: int
    transaction: bool

    @classmethod
    def at(cls, found: Found) -> ReportedMonitor:
        return cls(
            monitor_id=_whole(found.id),
            of=ComponentVariable.of(found.variable),
            type=found.type,
            value=found.value,
            severity=whole(found.severity),
            transaction=found.transaction,
        )


@strawberry.type(description="A report of monitors: what was asked for, and what has come of it.")
class MonitoringReport:
    station_id: strawberry.ID
    request_id: int
    asked_at: datetime | None
    outcome: str | None = strawberry.field(
        description="Accepted, Rejected, NotSupported or EmptyResultSet, as the station answered."
    )
    criteria: list[str]
    variables: list[ComponentVariable]
    parts: int = strawberry.field(description="How many have come.")
    complete: bool = strawberry.field(description="Whether all of them have.")
    monitors: list[ReportedMonitor] = strawberry.field(description="Those of the parts that have come.")
    reported_at: datetime | None

    @classmethod
    def of(cls, row: MonitoringReportRow) -> MonitoringReport:
        return cls(
            station_id=strawberry.ID(row.station_id),
            request_id=whole(row.request_id),
            asked_at=row.asked_at,
            outcome=row.outcome,
            criteria=texts_in(row.criteria),
            variables=[ComponentVariable.of(named) for named in variables_in(row.variables)],
            parts=row.parts,
            complete=row.complete,
            monitors=[ReportedMonitor.at(found) for found in monitors_in(row.monitors)],
            reported_at=row.reported_at,
        )


@strawberry.type(description="What a station monitors and tells at all, as it accepted it last; null if never set.")
class MonitoringSettings:
    base: str | None = strawberry.field(description="2.x MonitoringBaseEnumType.")
    base_outcome: str | None = strawberry.field(description="What it answered last.")
    level: int | None = strawberry.field(description=f"{_SEVERITY} What is above is not told.")
    level_outcome: str | None = strawberry.field(description="What it answered last.")

    @classmethod
    def of(cls, row: SettingsRow) -> MonitoringSettings:
        level = _whole(row.level)
        return cls(base=row.base, base_outcome=row.base_outcome, level=level, level_outcome=row.level_outcome)


@strawberry.input
class VariableMonitorFilter:
    station_id: strawberry.ID | None = None
    component: str | None = None
    severity_at_most: int | None = None
    uncleared: bool | None = strawberry.field(default=None, description="True: only with an alarm that is not over.")
    removed: bool | None = strawberry.field(default=None, description="Null: those that are there, as false.")


@strawberry.input
class DeviceEventFilter:
    station_id: strawberry.ID | None = None
    component: str | None = None
    severity_at_most: int | None = None
    uncleared: bool | None = strawberry.field(default=None, description="True: only alarms that are not over.")
    trigger: str | None = None
    monitor_id: int | None = None
    transaction_id: str | None = None


@strawberry.input
class MonitoringReportFilter:
    station_id: strawberry.ID | None = None
    request_id: int | None = None


@strawberry.type
class MonitoringQueries:
    @strawberry.field(description="Monitors, those of a station together, by their ids.")
    async def monitors(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: VariableMonitorFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[VariableMonitor]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, monitoring)
        page = await monitors_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, VariableMonitor.at, lambda row: row.id)

    @strawberry.field(description="What stations told of their variables, youngest first by their clocks.")
    async def device_events(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: DeviceEventFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[DeviceEvent]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, monitoring)
        page = await device_events_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, DeviceEvent.at, lambda row: row.id)

    @strawberry.field(description="Reports of monitors, those of a station together.")
    async def monitoring_reports(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: MonitoringReportFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[MonitoringReport]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, monitoring)
        page = await monitoring_reports_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, MonitoringReport.of, lambda row: row.id)

    @strawberry.field(description="Null for a station that was never asked to change it.")
    async def monitoring_settings(
        self, info: Info, station_id: strawberry.ID, at_least_position: str | None = None
    ) -> MonitoringSettings | None:
        await at_least(info, at_least_position, monitoring)
        row = await monitoring_settings(info.context.pool, station_id)
        return MonitoringSettings.of(row) if row else None
