"""How stations are configured: what was asked for, what they said last, and where the two differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import Command
from domain.configuration import ChangeOutcome, ConfigurationBook, Variable
from domain.events import StationDay
from domain.streams import parse
from domain.values import Evse
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()


_ACTUAL = "Actual"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One setting of a station. Secrets are masked in both values.

    Defaults are None or False: msgspec leaves out a text only if it is the very object, so that the same row could be
    written in two ways.
    """

    variable: str
    component: str | None = None
    instance: str | None = None
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    attribute: str | None = None
    """None is Actual."""
    desired: str | None = None
    """Asked for last, whatever became of it."""
    confirmed: str | None = None
    """Accepted or reported last."""
    read_only: bool | None = None
    unknown: bool = False
    """The station says that it has no such setting."""
    reboot_required: bool = False
    outcome: str | None = None
    """Of the last change."""
    asked_at: datetime | None = None
    changed_at: datetime | None = None
    """When the last change was answered."""
    reported_at: datetime | None = None

    @property
    def awaited(self) -> bool:
        """Whether the last wish has not been answered."""
        return self.asked_at is not None and (self.changed_at is None or self.changed_at < self.asked_at)

    @property
    def drift(self) -> bool:
        return self.desired is not None and _plain(self.desired) != _plain(self.confirmed)


def _plain(value: str | None) -> str | None:
    """Stations write booleans as they like."""
    return folded if value is not None and (folded := value.casefold()) in ("true", "false") else value


class ConfigurationRow(Row, frozen=True, gc=False):
    station_id: str
    entries: str
    """JSON: an object of settings by their folded names."""
    drifting: int
    """How many of them differ from what was asked for."""


configuration_table = Table(
    ConfigurationRow,
    sa.Table(
        "configuration",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("entries", sa.Text, nullable=False),
        sa.Column("drifting", sa.Integer, nullable=False),
        sa.Index("configuration_drifting", "station_id", postgresql_where=sa.text("drifting > 0")),
    ),
    key_of=lambda event: parse(event.originator_id).station_id,
)

_decode = msgspec.json.Decoder(dict[str, Entry]).decode
_encode = msgspec.json.Encoder().encode
Entries = dict[str, Entry]


def _change(rows: Rows, event: DomainEvent, change: Callable[[Entries], None]) -> None:
    station_id = parse(event.originator_id).station_id or ""
    row = rows.get(configuration_table, station_id)
    before: Entries = _decode(row.entries) if row else {}
    entries = dict(before)
    change(entries)
    if entries != before:
        drifting = sum(entry.drift for entry in entries.values())
        rows.put(configuration_table, ConfigurationRow(station_id, _encode(entries).decode(), drifting))


def _put(entries: Entries, variable: Variable, **values: Any) -> None:
    known = entries.get(variable.folded)
    if known is None:
        evse = variable.evse or Evse(0)
        known = Entry(
            variable.name,
            variable.component,
            variable.instance,
            variable.component_instance,
            evse.id or None,
            evse.connector_id,
            None if variable.attribute == _ACTUAL else variable.attribute,
        )
    entries[variable.folded] = replace(known, **values)


def requested(rows: Rows, event: Command.Requested) -> None:
    """What was asked for counts from then on, even if the station is away."""
    if not event.typed or event.action != "SetVariables":
        return

    def change(entries: Entries) -> None:
        for asked in event.payload["variables"]:
            variable = _variable(asked)
            _put(entries, variable, desired=variable.masked(asked["value"]), asked_at=event.timestamp)

    _change(rows, event, change)


def _variable(asked: dict[str, Any]) -> Variable:
    evse_id = asked.get("evseId")
    return Variable(
        asked["variable"],
        asked.get("component"),
        asked.get("instance"),
        asked.get("componentInstance"),
        Evse(evse_id, asked.get("connectorId")) if evse_id else None,
    )


def change_answered(rows: Rows, event: ConfigurationBook.ChangeAnswered) -> None:
    told: dict[str, Any] = {"outcome": event.outcome, "changed_at": event.timestamp}

    def change(entries: Entries) -> None:
        known = entries.get(event.variable.folded)
        if known is None or not known.awaited:  # asked for by hand, in the station's own words
            told.update(desired=event.value, asked_at=event.timestamp)
        if event.outcome in (ChangeOutcome.ACCEPTED, ChangeOutcome.REBOOT_REQUIRED):
            told.update(confirmed=event.value, unknown=False)
            told.update(reboot_required=event.outcome is ChangeOutcome.REBOOT_REQUIRED)
        _put(entries, event.variable, **told)

    _change(rows, event, change)


def reported(rows: Rows, event: ConfigurationBook.Reported) -> None:
    def change(entries: Entries) -> None:
        for setting in event.settings:
            told: dict[str, Any] = {"reported_at": event.timestamp, "unknown": False}
            if setting.value is not None:
                told.update(confirmed=setting.value)
            if setting.read_only is not None:
                told.update(read_only=setting.read_only)
            _put(entries, setting.variable, **told)
        for variable in event.unknown:
            _put(entries, variable, reported_at=event.timestamp, unknown=True, confirmed=None)

    _change(rows, event, change)


def booted(rows: Rows, event: StationDay.Booted) -> None:
    def change(entries: Entries) -> None:
        for name, entry in entries.items():
            if entry.reboot_required:
                entries[name] = replace(entry, reboot_required=False)

    _change(rows, event, change)


configuration = ReadModel(
    "configuration",
    version=1,
    tables=(configuration_table,),
    handlers={
        Command.Requested: requested,
        ConfigurationBook.ChangeAnswered: change_answered,
        ConfigurationBook.Reported: reported,
        StationDay.Booted: booted,
    },
)


async def configuration_of(pool: asyncpg.Pool, station_id: str) -> list[Entry]:
    """The settings of a station in the order of their names."""
    query = f"SELECT entries FROM {configuration.schema}.configuration WHERE station_id = $1"  # noqa: S608
    entries = await pool.fetchval(query, station_id)
    return [entry for _, entry in sorted(_decode(entries).items())] if entries else []


async def limit_of(pool: asyncpg.Pool, station_id: str, *variables: Variable) -> int | None:
    """A number that a station gives under one of several names; None if it never gave any."""
    entries = {_variable_of(entry).folded: entry.confirmed for entry in await configuration_of(pool, station_id)}
    given = [entries.get(variable.folded) for variable in variables]
    return next((int(value) for value in given if value and value.isdecimal()), None)


def _variable_of(entry: Entry) -> Variable:
    evse = Evse(entry.evse_id, entry.connector_id) if entry.evse_id else None
    attribute = entry.attribute or _ACTUAL
    return Variable(entry.variable, entry.component, entry.instance, entry.component_instance, evse, attribute)


async def drifting_page(pool: asyncpg.Pool, first: int, after: str | None) -> Page[ConfigurationRow]:
    """Stations that differ from what was asked of them, by id."""
    return await fetch_page(
        pool,
        f"{configuration.schema}.configuration",
        ConfigurationRow,
        order="station_id",
        first=first,
        after=after,
        where={"drifting > {}": 0},
    )
