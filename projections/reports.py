"""Reports of device models: asked for, put together of their parts, and whether something is missing of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import Command
from domain.device_model import DeviceModelBook
from domain.ranges import between, with_number
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_ASKING = frozenset({"GetBaseReport", "GetReport"})
_MOST_SHOWN = 100
CUSTOM = "Custom"


class ReportStatus(StrEnum):
    ASKED = "ASKED"
    REFUSED = "REFUSED"
    INCOMPLETE = "INCOMPLETE"
    COMPLETE = "COMPLETE"


class ReportRow(Row, frozen=True, gc=False):
    station_id: str
    request_id: int
    id: str
    """Leads with the time at which we first heard of it."""
    base: str | None
    """The report base as OCPP spells it, Custom for a GetReport; None if we did not ask for it."""
    asked_at: datetime | None
    command_id: str | None
    outcome: str | None
    status: str
    parts: str
    """JSON: the sequence numbers that came, as ranges of first and last."""
    received: int
    """How many parts came."""
    last: int | None
    """The number of the part after which no more comes."""
    variables: int
    generated_at: datetime | None
    part_at: datetime | None
    """When the latest part came."""

    @property
    def missing(self) -> list[int]:
        """The first hundred numbers that are known to be missing."""
        ranges = _read(self.parts)
        gaps = [(0, ranges[0][0])] if ranges else []
        gaps += [(first, last + 1) for first, last in between(ranges)]
        return list(islice((n for start, end in gaps for n in range(start, end)), _MOST_SHOWN))


_read = msgspec.json.Decoder(list[tuple[int, int]]).decode


def _number(event: DomainEvent) -> int | None:
    match event:
        case DeviceModelBook.PartReported() | DeviceModelBook.ReportAnswered():
            return event.request_id
        case Command.Sent() | Command.PartSent() if event.action in _ASKING:
            number = int(event.payload["requestId"])  # by hand it may be anything; no station answers to that
            return number if -(2**31) <= number < 2**31 else None
        case _:
            return None


def _key(event: DomainEvent) -> Key | None:
    number = _number(event)
    return None if number is None else (parse(event.originator_id).station_id, number)


reports_table = Table(
    ReportRow,
    sa.Table(
        "report",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("request_id", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("base", sa.Text),
        sa.Column("asked_at", _instant),
        sa.Column("command_id", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger),
        sa.Column("variables", sa.Integer, nullable=False),
        sa.Column("generated_at", _instant),
        sa.Column("part_at", _instant),
        sa.Index("report_id", "id"),
        sa.Index("report_station", "station_id", "id"),
    ),
    _key,
)


def _blank(event: DomainEvent, number: int) -> ReportRow:
    station_id = parse(event.originator_id).station_id or ""
    id = f"{int(event.timestamp.timestamp() * 1000):011x}/{number}/{station_id}"
    return ReportRow(
        station_id=station_id,
        request_id=number,
        id=id,
        base=None,
        asked_at=None,
        command_id=None,
        outcome=None,
        status=ReportStatus.ASKED,
        parts="[]",
        received=0,
        last=None,
        variables=0,
        generated_at=None,
        part_at=None,
    )


def _put(rows: Rows, row: ReportRow) -> None:
    """Also says how it stands with the report now; parts count for more than the answer to the request."""
    if row.received:
        whole = row.last is not None and _read(row.parts) == [(0, row.last)]
        status = ReportStatus.COMPLETE if whole else ReportStatus.INCOMPLETE
    elif row.outcome in (None, "Accepted"):
        status = ReportStatus.ASKED
    else:
        status = ReportStatus.COMPLETE if row.outcome == "EmptyResultSet" else ReportStatus.REFUSED
    rows.put(reports_table, replace(row, status=status))


def sent(rows: Rows, event: Command.Sent | Command.PartSent) -> None:
    """A number that is used again begins another report."""
    number = _number(event)
    if number is not None:
        base = event.payload.get("reportBase", CUSTOM)
        command_id = parse(event.originator_id).local
        _put(rows, replace(_blank(event, number), base=base, asked_at=event.timestamp, command_id=command_id))


def report_answered(rows: Rows, event: DeviceModelBook.ReportAnswered) -> None:
    row = rows.get(reports_table, _key(event)) or _blank(event, event.request_id)
    _put(rows, replace(row, outcome=event.outcome))


def part_reported(rows: Rows, event: DeviceModelBook.PartReported) -> None:
    """A part that comes again, because our answer was lost, counts once."""
    row = rows.get(reports_table, _key(event)) or _blank(event, event.request_id)
    before = _read(row.parts)
    after = with_number(before, event.seq_no)
    told: dict[str, Any] = {"generated_at": event.generated_at, "part_at": event.timestamp}
    if after != before:
        told["parts"] = msgspec.json.encode(after).decode()
        told["received"] = row.received + 1
        told["variables"] = row.variables + len(event.variables)
    if not event.more:
        told["last"] = max(event.seq_no, row.last or 0)
    _put(rows, replace(row, **told))


reports = ReadModel(
    "reports",
    version=1,
    tables=(reports_table,),
    handlers={
        Command.PartSent: sent,
        Command.Sent: sent,
        DeviceModelBook.PartReported: part_reported,
        DeviceModelBook.ReportAnswered: report_answered,
    },
)


async def reports_page(pool: asyncpg.Pool, first: int, after: str | None, **where: Any) -> Page[ReportRow]:
    """Reports, youngest first. `where`: station_id, request_id, status, command_id."""
    return await fetch_page(
        pool,
        f"{reports.schema}.report",
        ReportRow,
        order="id",
        first=first,
        after=after,
        descending=True,
        where={f"{name} = {{}}": where.get(name) for name in _FILTERS},
    )


_FILTERS: Iterable[str] = ("station_id", "request_id", "status", "command_id")
