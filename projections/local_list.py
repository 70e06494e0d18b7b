"""Local authorisation lists: what we last had accepted, and what the station says it holds. One row a station."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import Command
from domain.events import LocalListBook, StationDay
from domain.id_token import Permission
from domain.local_list import ACCEPTED, DIFFERENTIAL, NOT_SUPPORTED, ListEntry
from domain.streams import parse
from domain.values import AuthorizationStatus, IdToken
from projections.model import Key, ReadModel, Row, Rows, Table

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_KNOWN_TO_16 = frozenset({"Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"})
_CONFLICT = "LocalListConflict"
"""1.6: what the station was answered for a token and what its list says are not the same."""


class ListedToken(msgspec.Struct, frozen=True):
    id_token: str
    type: str | None
    status: str
    expires_at: datetime | None
    group_id: str | None


_read = msgspec.json.Decoder(list[ListedToken]).decode


class LocalListRow(Row, frozen=True, gc=False):
    station_id: str
    version: int
    """Of the list that the station last accepted; 0 if there was none."""
    entries: str
    """JSON: the ListedTokens of that version."""
    wanted: str
    """JSON: the ListedTokens that were asked for last, whatever became of it."""
    station_version: int | None
    """As the station last said, -1 if it has no list; by accepting one it says its version."""
    reported_at: datetime | None
    differs: bool
    """Something has shown that the station's entries may not be ours; only a full list mends that."""
    asked_version: int
    """The highest that a list was wished for with, so that lists which wait do not share theirs."""
    last_update_type: str | None
    last_version: int | None
    last_outcome: str | None
    last_sent_at: datetime | None

    @property
    def tokens(self) -> list[ListedToken]:
        return _read(self.entries)

    @property
    def wanted_tokens(self) -> list[ListedToken]:
        return _read(self.wanted)

    @property
    def agrees(self) -> bool | None:
        """Whether the station has the version that it should; None if it never said which it has."""
        return None if self.station_version is None else self.version == max(self.station_version, 0)

    @property
    def full_needed(self) -> bool:
        return self.station_version != NOT_SUPPORTED and (self.differs or self.agrees is False)

    @property
    def ours(self) -> bool:
        """Whether anybody here has ever wished for a list: what a station has beside that is not ours to change."""
        return self.version > 0 or self.asked_version > 0

    @property
    def mending_needed(self) -> bool:
        """Whether the station may have another list than was asked for last."""
        if self.station_version == NOT_SUPPORTED or not self.ours:
            return False
        return self.full_needed or sorted(map(_essence, self.wanted_tokens)) != sorted(map(_essence, self.tokens))

    @property
    def next_version(self) -> int:
        return 1 + max(self.version, self.station_version or 0, self.asked_version, 0)


def _station(event: DomainEvent) -> str:
    return parse(event.originator_id).station_id or ""


def _key(event: DomainEvent) -> Key | None:
    match event:
        case Command.Requested():
            return event.station_id if event.action == "SendLocalList" and event.typed else None
        case StationDay.StatusReported():
            return _station(event) if event.error_code == _CONFLICT else None
        case LocalListBook.VersionReported() | LocalListBook.Sent():
            return _station(event)
        case _:
            return None


local_list = Table(
    LocalListRow,
    sa.Table(
        "local_list",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Text, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("station_version", sa.BigInteger),
        sa.Column("reported_at", _instant),
        sa.Column("differs", sa.Boolean, nullable=False),
        sa.Column("asked_version", sa.BigInteger, nullable=False),
        sa.Column("last_update_type", sa.Text),
        sa.Column("last_version", sa.BigInteger),
        sa.Column("last_outcome", sa.Text),
        sa.Column("last_sent_at", _instant),
    ),
    key_of=_key,
)


def blank(station_id: str) -> LocalListRow:
    """The row of a station that was never sent a list."""
    return LocalListRow(station_id, 0, "[]", "[]", None, None, False, 0, None, None, None, None)


def _change(rows: Rows, station_id: str, **values: Any) -> None:
    rows.put(local_list, replace(rows.get(local_list, station_id) or blank(station_id), **values))


def requested(rows: Rows, event: Command.Requested) -> None:
    if _key(event) is not None:
        known: LocalListRow = rows.get(local_list, event.station_id) or blank(event.station_id)
        asked = max(event.payload["versionNumber"], known.asked_version)
        before = known.wanted_tokens if event.payload["updateType"] == DIFFERENTIAL else ()
        wanted = _updated(before, map(_entry, event.payload["localAuthorizationList"]))
        _change(rows, event.station_id, asked_version=asked, wanted=_written(wanted))


def _entry(asked: dict[str, Any]) -> ListEntry:
    """An entry of a typed command."""
    id_token = IdToken(asked["idToken"], asked["idTokenType"])
    if not asked.get("status"):
        return ListEntry(id_token)
    expires_at = datetime.fromisoformat(asked["expiresAt"]) if asked.get("expiresAt") else None
    return ListEntry(id_token, Permission(AuthorizationStatus(asked["status"]), expires_at, asked.get("groupId")))


def status_reported(rows: Rows, event: StationDay.StatusReported) -> None:
    if event.error_code == _CONFLICT:
        _change(rows, _station(event), differs=True)


def version_reported(rows: Rows, event: LocalListBook.VersionReported) -> None:
    _change(rows, _station(event), station_version=event.version, reported_at=event.timestamp)


def sent(rows: Rows, event: LocalListBook.Sent) -> None:
    station_id = _station(event)
    _change(
        rows,
        station_id,
        last_update_type=event.update_type,
        last_version=event.version,
        last_outcome=event.outcome,
        last_sent_at=event.timestamp,
    )
    if event.outcome == ACCEPTED:
        _accepted(rows, station_id, event)
    elif event.outcome == "NotSupported":
        _change(rows, station_id, station_version=NOT_SUPPORTED, reported_at=event.timestamp)
    elif event.update_type == DIFFERENTIAL:
        _change(rows, station_id, differs=True)


def _accepted(rows: Rows, station_id: str, event: LocalListBook.Sent) -> None:
    row: LocalListRow = rows.get(local_list, station_id)
    differential = event.update_type == DIFFERENTIAL
    entries = _written(_updated(row.tokens if differential else (), event.entries))
    # A version that nobody asked for in our words was sent by hand, and so wanted.
    by_hand = event.version > row.asked_version
    wanted = _written(_updated(row.wanted_tokens if differential else (), event.entries)) if by_hand else row.wanted
    _change(
        rows,
        station_id,
        version=event.version,
        entries=entries,
        wanted=wanted,
        station_version=event.version,
        reported_at=event.timestamp,
        differs=row.differs and differential,
    )


def _essence(token: ListedToken) -> tuple[str, str, str, str]:
    """What is left of a token on its way to a 1.6 station."""
    status = token.status if token.status in _KNOWN_TO_16 else "Invalid"
    expires_at = str(token.expires_at.replace(microsecond=0)) if token.expires_at else ""
    return token.id_token.casefold(), status, expires_at, (token.group_id or "")[:20]


def _written(tokens: list[ListedToken]) -> str:
    return msgspec.json.encode(tokens).decode()


def _updated(tokens: Iterable[ListedToken], entries: Iterable[ListEntry]) -> list[ListedToken]:
    listed = {(token.id_token.casefold(), token.type): token for token in tokens}
    for entry in entries:
        value, kind = entry.id_token.value, entry.id_token.type
        if (permission := entry.permission) is None:
            listed.pop((value.casefold(), kind), None)
        else:
            listed[value.casefold(), kind] = ListedToken(
                value, kind, permission.status, permission.expires_at, permission.group_id
            )
    return list(listed.values())


local_lists = ReadModel(
    "local_lists",
    version=2,
    tables=(local_list,),
    handlers={
        Command.Requested: requested,
        StationDay.StatusReported: status_reported,
        LocalListBook.VersionReported: version_reported,
        LocalListBook.Sent: sent,
    },
)


async def local_lists_of(pool: asyncpg.Pool, station_ids: Sequence[str]) -> dict[str, LocalListRow]:
    query = f"SELECT * FROM {local_lists.schema}.local_list WHERE station_id = ANY($1)"  # noqa: S608
    return {record["station_id"]: LocalListRow(*record) for record in await pool.fetch(query, list(station_ids))}
