"""What was asked of stations, and what became of it: one row a command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import OPEN, Command, outcome
from domain.streams import COMMAND, parse, within
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)


class CommandRow(Row, frozen=True, gc=False):
    id: str
    stream: str
    station_id: str
    action: str
    payload: str
    """JSON, as asked for."""
    status: str
    sent_action: str | None
    sent_payload: str | None
    """JSON, as said in the station's version; the first part, if there are several."""
    response: str | None
    """JSON: the answer; of several parts, their lists one after the other."""
    error: str | None
    requested_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    answer_by: datetime | None
    ended_at: datetime | None
    idempotency_key: str | None
    parts: str | None
    """JSON: the CommandParts that were sent so far; None if it goes out in one."""


class CommandPart(msgspec.Struct, frozen=True):
    """One call of a command that the station takes only in parts."""

    payload: Any
    sent_at: datetime
    response: Any = None
    answered_at: datetime | None = None


parts_in = msgspec.json.Decoder(list[CommandPart]).decode


command = Table(
    CommandRow,
    sa.Table(
        "command",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sent_action", sa.Text),
        sa.Column("sent_payload", sa.Text),
        sa.Column("response", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("requested_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("sent_at", _instant),
        sa.Column("answer_by", _instant),
        sa.Column("ended_at", _instant),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("parts", sa.Text),
        sa.Index("command_station", "station_id"),
        sa.Index("command_open", "status", postgresql_where=sa.text("status IN ('REQUESTED', 'SENT')")),
    ),
    key_of=lambda event: parse(event.originator_id).local if parse(event.originator_id).kind == COMMAND else None,
)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def requested(rows: Rows, event: Command.Requested) -> None:
    rows.put(
        command,
        CommandRow(
            id=event.command_id,
            stream=event.originator_id,
            station_id=event.station_id,
            action=event.action,
            payload=_json(event.payload),
            status=outcome(event),
            sent_action=None,
            sent_payload=None,
            response=None,
            error=None,
            requested_at=event.timestamp,
            expires_at=event.expires_at,
            sent_at=None,
            answer_by=None,
            ended_at=None,
            idempotency_key=event.idempotency_key,
            parts=None,
        ),
    )


def _change(rows: Rows, event: DomainEvent, **values: Any) -> None:
    row = rows.get(command, parse(event.originator_id).local)
    rows.put(command, replace(row, status=outcome(event), **values))


def sent(rows: Rows, event: Command.Sent) -> None:
    _change(
        rows,
        event,
        sent_at=event.timestamp,
        answer_by=event.answer_by,
        sent_action=event.action,
        sent_payload=_json(event.payload),
        parts=_json([CommandPart(event.payload, event.timestamp)]) if event.parts > 1 else None,
    )


def _parts(rows: Rows, event: DomainEvent) -> list[CommandPart]:
    row = rows.get(command, parse(event.originator_id).local)
    return parts_in(row.parts) if row.parts else []


def part_sent(rows: Rows, event: Command.PartSent) -> None:
    parts = [*_parts(rows, event), CommandPart(event.payload, event.timestamp)]
    _change(rows, event, answer_by=event.answer_by, parts=_json(parts))


def answered(rows: Rows, event: Command.Answered | Command.PartAnswered) -> None:
    told: dict[str, Any] = {"response": _json(event.response)}
    if parts := _parts(rows, event):
        parts[-1] = replace(parts[-1], response=event.response, answered_at=event.timestamp)
        told = {"parts": _json(parts), "response": _json(_together(part.response for part in parts))}
    if isinstance(event, Command.Answered):
        told["ended_at"] = event.timestamp
    _change(rows, event, **told)


def _together(responses: Iterable[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for response in responses:
        for key, value in response.items():
            whole[key] = [*whole.get(key, ()), *value] if isinstance(value, list) else value
    return whole


def failed(rows: Rows, event: Command.Failed) -> None:
    _change(rows, event, ended_at=event.timestamp, error=event.error)


def ended(rows: Rows, event: DomainEvent) -> None:
    _change(rows, event, ended_at=event.timestamp)


commands = ReadModel(
    "commands",
    version=2,
    tables=(command,),
    handlers={
        Command.Requested: requested,
        Command.Sent: sent,
        Command.PartAnswered: answered,
        Command.PartSent: part_sent,
        Command.Answered: answered,
        Command.Failed: failed,
        Command.TimedOut: ended,
        Command.Expired: ended,
    },
)


async def commands_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, CommandRow]:
    query = f"SELECT * FROM {commands.schema}.command WHERE id = ANY($1)"  # noqa: S608
    return {record["id"]: CommandRow(*record) for record in await pool.fetch(query, list(ids))}


async def commands_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[CommandRow]:
    """Commands, youngest first (their ids lead with the time). `where`: station_id, action, status."""
    return await fetch_page(
        pool,
        f"{commands.schema}.command",
        CommandRow,
        order="id",
        first=first,
        after=after,
        descending=True,
        where={
            "station_id = {}": where.get("station_id"),
            "action = {}": where.get("action"),
            "status = {}": where.get("status"),
        },
    )


async def overdue(pool: asyncpg.Pool, at: datetime) -> list[CommandRow]:
    """Commands that wait for something that will not come: never sent in time, or sent and not answered in time."""
    query = (
        f"SELECT * FROM {commands.schema}.command WHERE status = ANY($2)"  # noqa: S608
        " AND coalesce(answer_by, expires_at) < $1 LIMIT 500"
    )
    return [CommandRow(*record) for record in await pool.fetch(query, at, list(OPEN))]


async def stream_ending(connection: Any, station_id: str, ending: str) -> str | None:
    """The stream of a station's command whose id ends so, straight from the journal: what was just recorded counts."""
    first, last = within(station_id) + "/", within(station_id) + "0"  # "0" follows "/" in the C collation
    query = (
        "SELECT originator_id FROM stored_events WHERE originator_version = 1"
        " AND split_part(originator_id, ':', 1) = $1 AND split_part(originator_id, ':', 3) >= $2"
        " AND split_part(originator_id, ':', 3) < $3 AND right(originator_id, $4) = $5 LIMIT 1"
    )
    found: str | None = await connection.fetchval(query, COMMAND, first, last, len(ending), ending)
    return found
