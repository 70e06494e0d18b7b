"""The settings and the device model of stations: what was asked for, what they said last, and where the two differ.

A 1.6 key and an attribute of a 2.x variable are one row each, whoever told us of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import unquote

import asyncpg
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import Command
from domain.configuration import ACTUAL, ChangeOutcome, ConfigurationBook, Variable
from domain.device_model import Attribute, Characteristics, DeviceModelBook
from domain.events import StationDay
from domain.station_day import DeviceEvent
from domain.streams import encoded, parse
from domain.values import Evse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_READ_ONLY = "ReadOnly"

REPORT, ANSWER, CHANGE, EVENT = "report", "answer", "change", "event"
"""Who told the value: a part of a report, GetVariables, an accepted SetVariables, a NotifyEvent."""


class Entry(Row, frozen=True, gc=False):
    """One setting of a station. Secrets are masked in both values."""

    station_id: str
    key: str
    """Its names, folded, in the order component, component instance, EVSE, connector, variable, instance, attribute."""
    component_folded: str
    variable_folded: str
    variable: str
    component: str | None
    instance: str | None
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    attribute: str
    desired: str | None = None
    """Asked for last, whatever became of it."""
    confirmed: str | None = None
    """Accepted or reported last."""
    drift: bool = False
    source: str | None = None
    told_at: datetime | None = None
    """When `confirmed` was told, and by `source`."""
    told: int = 0
    """How many different values were, one after the other."""
    read_only: bool | None = None
    unknown: bool = False
    """The station says that it has no such setting."""
    reboot_since: datetime | None = None
    """The change that takes effect at the next boot."""
    outcome: str | None = None
    """Of the last change."""
    asked_at: datetime | None = None
    changed_at: datetime | None = None
    """When the last change was answered."""
    reported_at: datetime | None = None
    mutability: str | None = None
    persistent: bool | None = None
    constant: bool | None = None
    data_type: str | None = None
    unit: str | None = None
    min_limit: Decimal | None = None
    max_limit: Decimal | None = None
    values_list: str | None = None
    supports_monitoring: bool | None = None

    @property
    def id(self) -> str:
        return f"{encoded(self.station_id)}/{self.key}"

    @property
    def awaited(self) -> bool:
        """Whether the last wish has not been answered."""
        return self.asked_at is not None and (self.changed_at is None or self.changed_at < self.asked_at)


class ValueRow(Row, frozen=True, gc=False):
    """A value that a setting had, from when it was told until the next."""

    station_id: str
    key: str
    number: int
    value: str | None
    """None: the station said that it has no such setting."""
    source: str
    told_at: datetime


class BootRow(Row, frozen=True, gc=False):
    station_id: str
    booted_at: datetime


def _attribute_of(variable: Variable, attribute: Attribute) -> Variable:
    if attribute.type == variable.attribute:
        return variable
    v = variable
    return Variable(v.name, v.component, v.instance, v.component_instance, v.evse, attribute.type)


def _observed(event: DeviceEvent) -> Variable:
    return Variable(event.variable, event.component, event.variable_instance, event.component_instance, event.evse)


def _asked(event: Command.Requested) -> Iterator[tuple[Variable, str]]:
    if event.typed and event.action == "SetVariables":
        for asked in event.payload["variables"]:
            evse_id = asked.get("evseId")
            evse = Evse(evse_id, asked.get("connectorId")) if evse_id else None
            names = asked.get("component"), asked.get("instance"), asked.get("componentInstance")
            yield Variable(asked["variable"], *names, evse, asked.get("attribute", ACTUAL)), asked["value"]


def _variables(event: DomainEvent) -> Iterable[Variable]:
    match event:
        case DeviceModelBook.PartReported():
            return [_attribute_of(told.variable, each) for told in event.variables for each in told.attributes]
        case StationDay.EventsNotified():
            return [_observed(each) for each in event.events]
        case ConfigurationBook.Reported():
            return [*(setting.variable for setting in event.settings), *event.unknown]
        case ConfigurationBook.ChangeAnswered():
            return [event.variable]
        case Command.Requested():
            return [variable for variable, _ in _asked(event)]
        case _:
            return ()


def _station(event: DomainEvent) -> str:
    return parse(event.originator_id).station_id or ""


def _keys(event: DomainEvent) -> Iterable[Key]:
    station_id = _station(event)
    return [(station_id, variable.folded) for variable in _variables(event)]


entries = Table(
    Entry,
    sa.Table(
        "setting",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("key", sa.Text(collation="C"), primary_key=True),
        sa.Column("component_folded", sa.Text(collation="C"), nullable=False),
        sa.Column("variable_folded", sa.Text(collation="C"), nullable=False),
        sa.Column("variable", sa.Text, nullable=False),
        sa.Column("component", sa.Text),
        sa.Column("instance", sa.Text),
        sa.Column("component_instance", sa.Text),
        sa.Column("evse_id", sa.Integer),
        sa.Column("connector_id", sa.Integer),
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("desired", sa.Text),
        sa.Column("confirmed", sa.Text),
        sa.Column("drift", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("told_at", _instant),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("read_only", sa.Boolean),
        sa.Column("unknown", sa.Boolean, nullable=False),
        sa.Column("reboot_since", _instant),
        sa.Column("outcome", sa.Text),
        sa.Column("asked_at", _instant),
        sa.Column("changed_at", _instant),
        sa.Column("reported_at", _instant),
        sa.Column("mutability", sa.Text),
        sa.Column("persistent", sa.Boolean),
        sa.Column("constant", sa.Boolean),
        sa.Column("data_type", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("min_limit", sa.Numeric),
        sa.Column("max_limit", sa.Numeric),
        sa.Column("values_list", sa.Text),
        sa.Column("supports_monitoring", sa.Boolean),
        sa.Index("setting_drift", "station_id", postgresql_where=sa.text("drift")),
    ),
    keys_of=_keys,
)

values = Table(
    ValueRow,
    sa.Table(
        "value",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("key", sa.Text(collation="C"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("value", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("told_at", _instant, nullable=False),
    ),
    merges=True,
)

boots = Table(
    BootRow,
    sa.Table(
        "boot",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("booted_at", _instant, nullable=False),
    ),
    merges=True,
)


def _plain(value: str | None) -> str | None:
    """Stations write booleans as they like."""
    return folded if value is not None and (folded := value.casefold()) in ("true", "false") else value


def _find(rows: Rows, station_id: str, variable: Variable) -> Entry:
    key = variable.folded
    known = rows.get(entries, (station_id, key))
    if known is not None:
        return known  # type: ignore[no-any-return]
    evse = variable.evse
    return Entry(
        station_id,
        key,
        (variable.component or "").casefold(),
        variable.name.casefold(),
        variable.name,
        variable.component,
        variable.instance,
        variable.component_instance,
        evse.id if evse else None,
        evse.connector_id if evse else None,
        variable.attribute,
    )


def _put(rows: Rows, event: DomainEvent, entry: Entry, source: str | None, told: dict[str, Any]) -> None:
    """Change a row; `confirmed` is news of the source, if there is one."""
    if source is not None and "confirmed" in told:
        told.update(source=source, told_at=event.timestamp)
        if entry.told == 0 or told["confirmed"] != entry.confirmed:
            number = told["told"] = entry.told + 1
            value = ValueRow(entry.station_id, entry.key, number, told["confirmed"], source, event.timestamp)
            rows.put(values, value)
    changed = replace(entry, **told)
    drift = changed.desired is not None and _plain(changed.desired) != _plain(changed.confirmed)
    rows.put(entries, changed if drift == changed.drift else replace(changed, drift=drift))


def requested(rows: Rows, event: Command.Requested) -> None:
    """What was asked for counts from then on, even if the station is away."""
    for variable, value in _asked(event):
        entry = _find(rows, event.station_id, variable)
        told = {"desired": variable.masked(value), "asked_at": event.timestamp}
        _put(rows, event, entry, None, told)


def change_answered(rows: Rows, event: ConfigurationBook.ChangeAnswered) -> None:
    entry = _find(rows, _station(event), event.variable)
    told: dict[str, Any] = {"outcome": event.outcome, "changed_at": event.timestamp}
    if not entry.awaited:  # asked for by hand, in the station's own words
        told.update(desired=event.value, asked_at=event.timestamp)
    if event.outcome in (ChangeOutcome.ACCEPTED, ChangeOutcome.REBOOT_REQUIRED):
        waits = event.outcome is ChangeOutcome.REBOOT_REQUIRED
        told.update(confirmed=event.value, unknown=False, reboot_since=event.timestamp if waits else None)
    _put(rows, event, entry, CHANGE, told)


def answered(rows: Rows, event: ConfigurationBook.Reported) -> None:
    station_id = _station(event)
    for setting in event.settings:
        told: dict[str, Any] = {"reported_at": event.timestamp, "unknown": False}
        if setting.value is not None:
            told.update(confirmed=setting.value)
        if setting.read_only is not None:
            told.update(read_only=setting.read_only)
        _put(rows, event, _find(rows, station_id, setting.variable), ANSWER, told)
    for variable in event.unknown:
        told = {"reported_at": event.timestamp, "unknown": True, "confirmed": None}
        _put(rows, event, _find(rows, station_id, variable), ANSWER, told)


def part_reported(rows: Rows, event: DeviceModelBook.PartReported) -> None:
    station_id, at = _station(event), event.timestamp
    for report in event.variables:
        about = _about(report.characteristics)
        for attribute in report.attributes:
            told: dict[str, Any] = {
                "reported_at": at,
                "unknown": False,
                "mutability": attribute.mutability,
                "read_only": attribute.mutability == _READ_ONLY,
                "persistent": attribute.persistent,
                "constant": attribute.constant,
                **about,
            }
            if attribute.value is not None:
                told["confirmed"] = attribute.value
            _put(rows, event, _find(rows, station_id, _attribute_of(report.variable, attribute)), REPORT, told)


def _about(what: Characteristics | None) -> dict[str, Any]:
    if what is None:
        return {}
    return {
        "data_type": what.data_type,
        "unit": what.unit,
        "min_limit": what.min_limit,
        "max_limit": what.max_limit,
        "values_list": what.values_list,
        "supports_monitoring": what.supports_monitoring,
    }


def events_notified(rows: Rows, event: StationDay.EventsNotified) -> None:
    station_id, at = _station(event), event.timestamp
    for each in event.events:
        variable = _observed(each)
        told = {"confirmed": variable.masked(each.value), "unknown": False, "reported_at": at}
        _put(rows, event, _find(rows, station_id, variable), EVENT, told)


def booted(rows: Rows, event: StationDay.Booted) -> None:
    rows.put(boots, BootRow(_station(event), event.timestamp))


configuration = ReadModel(
    "configuration",
    version=2,
    tables=(entries, values, boots),
    handlers={
        Command.Requested: requested,
        ConfigurationBook.ChangeAnswered: change_answered,
        ConfigurationBook.Reported: answered,
        DeviceModelBook.PartReported: part_reported,
        StationDay.Booted: booted,
        StationDay.EventsNotified: events_notified,
    },
)

_FIELDS = ", ".join(f"s.{name}" for name in Entry.__struct_fields__).replace(
    "s.reboot_since", "CASE WHEN b.booted_at > s.reboot_since THEN NULL ELSE s.reboot_since END AS reboot_since"
)
_SETTINGS = (
    f"(SELECT {_FIELDS} FROM {configuration.schema}.setting s"  # noqa: S608
    f" LEFT JOIN {configuration.schema}.boot b USING (station_id)) AS settings"
)


async def wished_of(pool: asyncpg.Pool, station_id: str) -> list[Entry]:
    """What somebody has asked for of a station, in the order of the names."""
    query = f"SELECT * FROM {_SETTINGS} WHERE station_id = $1 AND desired IS NOT NULL ORDER BY key"  # noqa: S608
    return [Entry(*record) for record in await pool.fetch(query, station_id)]


async def settings_page(
    pool: asyncpg.Pool,
    station_id: str,
    first: int,
    after: str | None,
    *,
    component: str | None = None,
    variable: str | None = None,
    evse_id: int | None = None,
    drift: bool | None = None,
    unknown: bool | None = None,
) -> Page[Entry]:
    """The settings of a station in the order of their names; names are compared without regard to case."""
    return await fetch_page(
        pool,
        _SETTINGS,
        Entry,
        order="key",
        first=first,
        after=after,
        where={
            "station_id = {}": station_id,
            "component_folded = {}": component.casefold() if component is not None else None,
            "variable_folded = {}": variable.casefold() if variable is not None else None,
            "evse_id = {}": evse_id,
            "drift = {}": drift,
            "unknown = {}": unknown,
        },
    )


async def values_by_setting(pool: asyncpg.Pool, ids: Iterable[str]) -> dict[str, list[ValueRow]]:
    """The last values of settings, by `Entry.id`, youngest first."""
    found: dict[str, list[ValueRow]] = {}
    named = [id.partition("/") for id in ids]
    stations, keys = [unquote(station) for station, _, _ in named], [key for _, _, key in named]
    query = (
        "SELECT v.* FROM unnest($1::text[], $2::text[]) AS wanted(station_id, key), LATERAL ("  # noqa: S608
        f" SELECT * FROM {configuration.schema}.value its WHERE its.station_id = wanted.station_id"
        " AND its.key = wanted.key ORDER BY number DESC LIMIT $3) v"
    )
    for record in await pool.fetch(query, stations, keys, _LATEST_VALUES):
        row = ValueRow(*record)
        found.setdefault(f"{encoded(row.station_id)}/{row.key}", []).append(row)
    return found


_LATEST_VALUES = 20


class Drifting(NamedTuple):
    station_id: str
    settings: int


async def drifting_page(pool: asyncpg.Pool, first: int, after: str | None) -> Page[Drifting]:
    """Stations that differ from what was asked of them, by id, and in how many settings."""
    counted = (
        f"(SELECT station_id, count(*) FROM {configuration.schema}.setting"  # noqa: S608
        " WHERE drift GROUP BY station_id) AS drifting"
    )
    return await fetch_page(pool, counted, Drifting, order="station_id", first=first, after=after, where={})
