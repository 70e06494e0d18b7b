"""How stations are told to reach us: what was asked for of each slot, and what they last took."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import Command
from domain.network import NetworkBook, NetworkProfile
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_ACCEPTED = "Accepted"


class NetworkProfileRow(Row, frozen=True, gc=False):
    station_id: str
    slot: int
    desired: str | None
    """JSON: a NetworkProfile, sent last, whatever became of it."""
    confirmed: str | None
    """JSON: a NetworkProfile, accepted last."""
    outcome: str | None
    """Of the last one that was answered."""
    asked_at: datetime | None
    answered_at: datetime | None

    @property
    def wanted(self) -> NetworkProfile | None:
        return _read(self.desired) if self.desired else None

    @property
    def taken(self) -> NetworkProfile | None:
        return _read(self.confirmed) if self.confirmed else None


_read = msgspec.json.Decoder(NetworkProfile).decode


def _key(event: DomainEvent) -> Key | None:
    match event:
        case Command.Requested() if event.typed and event.action == "SetNetworkProfile":
            return event.station_id, event.payload["slot"]
        case NetworkBook.ProfileAnswered():
            return parse(event.originator_id).station_id, event.slot
        case _:
            return None


profiles = Table(
    NetworkProfileRow,
    sa.Table(
        "network_profile",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("slot", sa.BigInteger, primary_key=True),
        sa.Column("desired", sa.Text),
        sa.Column("confirmed", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("asked_at", _instant),
        sa.Column("answered_at", _instant),
    ),
    _key,
)


def _json(profile: NetworkProfile) -> str:
    return msgspec.json.encode(profile).decode()


def _find(rows: Rows, station_id: str, slot: int) -> NetworkProfileRow:
    known = rows.get(profiles, (station_id, slot))
    return known or NetworkProfileRow(station_id, slot, None, None, None, None, None)


def requested(rows: Rows, event: Command.Requested) -> None:
    if _key(event) is None:
        return
    asked = event.payload
    profile = NetworkProfile(
        url=asked["url"],
        security_profile=asked["securityProfile"],
        interface=asked["interface"],
        message_timeout=asked["messageTimeout"],
        apn=asked.get("apn", {}).get("apn"),
        vpn_server=asked.get("vpn", {}).get("server"),
    )
    row = _find(rows, event.station_id, asked["slot"])
    rows.put(profiles, replace(row, desired=_json(profile), asked_at=event.timestamp))


def profile_answered(rows: Rows, event: NetworkBook.ProfileAnswered) -> None:
    row = _find(rows, parse(event.originator_id).station_id or "", event.slot)
    row = replace(row, outcome=event.outcome, answered_at=event.timestamp)
    if row.asked_at is None:  # asked for by hand, in the station's own words
        row = replace(row, desired=_json(event.profile), asked_at=event.timestamp)
    if event.outcome == _ACCEPTED:
        row = replace(row, confirmed=_json(event.profile))
    rows.put(profiles, row)


network_profiles = ReadModel(
    "network_profiles",
    version=1,
    tables=(profiles,),
    handlers={Command.Requested: requested, NetworkBook.ProfileAnswered: profile_answered},
)


async def network_profiles_of(pool: asyncpg.Pool, station_id: str) -> list[NetworkProfileRow]:
    """The slots of a station, by number."""
    query = f"SELECT * FROM {network_profiles.schema}.network_profile WHERE station_id = $1 ORDER BY slot"  # noqa: S608
    return [NetworkProfileRow(*record) for record in await pool.fetch(query, station_id)]
