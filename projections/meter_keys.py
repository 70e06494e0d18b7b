"""Public keys of meters: those that an operator trusts, and those that stations name in their configuration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.events import MeterKeys
from domain.streams import parse
from projections import configuration as settings
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)


class MeterKeyRow(Row, frozen=True, gc=False):
    station_id: str
    evse_id: int
    """0: of all EVSEs."""
    fingerprint: str
    public_key: str
    """As it was given."""
    set_at: datetime
    withdrawn_at: datetime | None


def _key(event: DomainEvent) -> Key | None:
    if not isinstance(event, MeterKeys.Set | MeterKeys.Withdrawn):
        return None
    return parse(event.originator_id).station_id, event.evse_id, event.fingerprint


meter_key = Table(
    MeterKeyRow,
    sa.Table(
        "meter_key",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("evse_id", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text(collation="C"), primary_key=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("set_at", _instant, nullable=False),
        sa.Column("withdrawn_at", _instant),
    ),
    key_of=_key,
)


def was_set(rows: Rows, event: MeterKeys.Set) -> None:
    station_id = parse(event.originator_id).station_id or ""
    at = event.timestamp
    rows.put(meter_key, MeterKeyRow(station_id, event.evse_id, event.fingerprint, event.public_key, at, None))


def withdrawn(rows: Rows, event: MeterKeys.Withdrawn) -> None:
    row = rows.get(meter_key, _key(event))
    if row is not None:
        rows.put(meter_key, replace(row, withdrawn_at=event.timestamp))


meter_keys = ReadModel(
    "meter_keys",
    version=1,
    tables=(meter_key,),
    handlers={MeterKeys.Set: was_set, MeterKeys.Withdrawn: withdrawn},
)


async def meter_keys_of(pool: asyncpg.Pool, station_ids: Sequence[str]) -> dict[str, list[MeterKeyRow]]:
    """The keys that are trusted, of each of several stations."""
    query = (
        f"SELECT * FROM {meter_keys.schema}.meter_key WHERE station_id = ANY($1) AND withdrawn_at IS NULL"  # noqa: S608
        " ORDER BY station_id, evse_id, set_at, fingerprint"
    )
    found: dict[str, list[MeterKeyRow]] = {}
    for record in await pool.fetch(query, list(station_ids)):
        row = MeterKeyRow(*record)
        found.setdefault(row.station_id, []).append(row)
    return found


async def reported_meter_keys(pool: asyncpg.Pool, station_id: str) -> list[tuple[int, str]]:
    """EVSE and key, as the station says in its configuration (1.6 MeterPublicKey1, 2.x FiscalMetering.PublicKey)."""
    query = (
        "SELECT coalesce(evse_id, substring(variable_folded FROM '^meterpublickey([0-9]{1,4})$')::int, 0), confirmed"  # noqa: S608
        f" FROM {settings.configuration.schema}.setting WHERE station_id = $1 AND confirmed <> '' AND"
        " (variable_folded ~ '^meterpublickey[0-9]{0,4}$'"
        " OR (component_folded = 'fiscalmetering' AND variable_folded = 'publickey')) ORDER BY key LIMIT 100"
    )
    return [(evse_id, key) for evse_id, key in await pool.fetch(query, station_id)]
