"""Messages for the displays of stations: what was asked for last, what the station confirms, and what became of it.

One row a message; one that is gone keeps its row until its id is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.command import Command
from domain.display_messages import Display, DisplayContent, DisplayMessage, DisplayMessageBook
from domain.events import Transaction
from domain.streams import parse, within
from domain.values import Evse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_encode = msgspec.json.Encoder().encode
_ACCEPTED, _UNKNOWN = "Accepted", "Unknown"
_REMEMBERED_REPORTS = 20


class Removal(StrEnum):
    """Why a message that the station had is not there any more."""

    CLEARED = "CLEARED"
    TRANSACTION_ENDED = "TRANSACTION_ENDED"
    NOT_REPORTED = "NOT_REPORTED"


class DisplayMessageRow(Row, frozen=True, gc=False):
    id: str
    station_id: str
    message_id: int
    desired: str | None
    """JSON: as asked for last, whatever became of it; None after it was to be cleared, or if we never asked for it."""
    confirmed: str | None
    """JSON: as accepted or reported last."""
    asked_at: datetime | None
    answered_at: datetime | None
    outcome: str | None
    """Of the last request to set or clear it."""
    confirmed_at: datetime | None
    ends_at: datetime | None
    """When the station takes the confirmed message away by itself."""
    removed_at: datetime | None
    removal: str | None

    @property
    def drift(self) -> bool:
        return self.removed_at is None and self.desired != self.confirmed

    def present(self, now: datetime) -> bool:
        """Whether the station has it, as far as we know."""
        return self.confirmed is not None and self.removed_at is None and (self.ends_at is None or self.ends_at > now)


class Report(msgspec.Struct):
    """`everything` None: its answer has not been recorded yet."""

    everything: bool | None = None
    reported: list[int] = []
    complete: bool = False


class Held(msgspec.Struct):
    """What a station has and what is asked of it. Messages that are gone are not in it."""

    station_id: str
    messages: dict[int, DisplayMessageRow] = {}
    reports: dict[int, Report] = {}
    """By request id, the latest."""


class HeldRow(Row, frozen=True, gc=False):
    station_id: str
    held: str
    """JSON."""


_decode = msgspec.json.Decoder(Held).decode


def _key(event: DomainEvent) -> Key | None:
    if isinstance(event, Command.Requested) and event.action not in _ASKED:
        return None
    return parse(event.originator_id).station_id


held = Table(
    HeldRow,
    sa.Table(
        "held",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("held", sa.Text, nullable=False),
    ),
    key_of=_key,
    thaw=lambda row: _decode(row.held),
    freeze=lambda held: HeldRow(held.station_id, _encode(held).decode()),
)

display_message = Table(
    DisplayMessageRow,
    sa.Table(
        "display_message",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("desired", sa.Text),
        sa.Column("confirmed", sa.Text),
        sa.Column("asked_at", _instant),
        sa.Column("answered_at", _instant),
        sa.Column("outcome", sa.Text),
        sa.Column("confirmed_at", _instant),
        sa.Column("ends_at", _instant),
        sa.Column("removed_at", _instant),
        sa.Column("removal", sa.Text),
        sa.Index("display_message_station", "station_id"),
    ),
    key_of=lambda _: None,
)


def _change(rows: Rows, event: DomainEvent, change: Callable[[Held], Iterable[DisplayMessageRow]]) -> None:
    """`change` says which messages are other than before."""
    station_id = parse(event.originator_id).station_id or ""
    known = rows.get(held, station_id) or Held(station_id)
    for row in list(known.messages.values()):
        if row.ends_at is not None and row.ends_at <= event.timestamp and not row.drift:
            del known.messages[row.message_id]
    for row in change(known):
        rows.put(display_message, row)
        if row.removed_at is not None or (row.confirmed is None and row.answered_at is not None):
            known.messages.pop(row.message_id, None)
        else:
            known.messages[row.message_id] = row
    rows.put(held, known)


def _blank(held: Held, message_id: int) -> DisplayMessageRow:
    id = within(held.station_id, f"{message_id:010}")
    return DisplayMessageRow(id, held.station_id, message_id, *[None] * 9)


def _message(held: Held, message_id: int) -> DisplayMessageRow:
    return held.messages.get(message_id) or _blank(held, message_id)


def _json(message: DisplayMessage) -> str:
    return _encode(message).decode()


def _confirmed(row: DisplayMessageRow, message: DisplayMessage, at: datetime) -> DisplayMessageRow:
    return replace(row, confirmed=_json(message), confirmed_at=at, ends_at=message.ends_at)


def _gone(row: DisplayMessageRow, at: datetime, removal: Removal) -> DisplayMessageRow:
    return replace(row, removed_at=at, removal=removal)


def requested(rows: Rows, event: Command.Requested) -> None:
    """What was asked for counts from then on, even if the station is away."""
    if not event.typed or event.action not in _ASKED:
        return
    message = _asked(event.payload) if event.action == "SetDisplayMessage" else None

    def change(held: Held) -> Iterable[DisplayMessageRow]:
        message_id = event.payload["id"]
        if message is not None or message_id in held.messages:
            desired = None if message is None else _json(message)
            yield replace(_message(held, message_id), desired=desired, asked_at=event.timestamp, answered_at=None)

    _change(rows, event, change)


_ASKED = ("SetDisplayMessage", "ClearDisplayMessage")


def _asked(payload: dict[str, Any]) -> DisplayMessage:
    content, display = payload["content"], payload.get("display")
    evse_id = display and display.get("evseId")
    return DisplayMessage(
        id=payload["id"],
        priority=payload["priority"],
        content=DisplayContent(content["text"], content["format"], content.get("language")),
        state=payload.get("state"),
        starts_at=_time(payload.get("startsAt")),
        ends_at=_time(payload.get("endsAt")),
        transaction_id=payload.get("transactionId"),
        display=display
        and Display(
            display["component"],
            display.get("componentInstance"),
            Evse(evse_id, display.get("connectorId")) if evse_id else None,
        ),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def setting_answered(rows: Rows, event: DisplayMessageBook.SettingAnswered) -> None:
    def change(held: Held) -> Iterable[DisplayMessageRow]:
        row = _message(held, event.message.id)
        if row.asked_at is None or row.answered_at is not None:  # asked for by hand, in the station's own words
            row = replace(row, desired=_json(event.message), asked_at=event.timestamp)
        if event.outcome == _ACCEPTED:
            row = _confirmed(row, event.message, event.timestamp)
        yield replace(row, outcome=event.outcome, answered_at=event.timestamp)

    _change(rows, event, change)


def clearing_answered(rows: Rows, event: DisplayMessageBook.ClearingAnswered) -> None:
    def change(held: Held) -> Iterable[DisplayMessageRow]:
        row = held.messages.get(event.message_id)
        if row is None:
            return
        row = replace(row, outcome=event.outcome, answered_at=event.timestamp)
        if event.outcome == _ACCEPTED:
            row = _gone(row, event.timestamp, Removal.CLEARED)
        elif event.outcome == _UNKNOWN:
            row = _gone(row, event.timestamp, Removal.NOT_REPORTED)
        yield row

    _change(rows, event, change)


def report_answered(rows: Rows, event: DisplayMessageBook.ReportAnswered) -> None:
    narrowed = bool(event.ids or event.priority or event.state)

    def change(held: Held) -> Iterable[DisplayMessageRow]:
        if event.outcome == _ACCEPTED:
            if (before := held.reports.get(event.request_id)) is not None and before.everything is not None:
                del held.reports[event.request_id]  # somebody has used the number again
            report = held.reports.setdefault(event.request_id, Report())
            report.everything = not narrowed
            _forget_old(held)
            yield from _missing(held, report, event.timestamp)
        elif event.outcome == _UNKNOWN and not (event.priority or event.state):
            for row in _those_confirmed(held):
                if not event.ids or row.message_id in event.ids:
                    yield _gone(row, event.timestamp, Removal.NOT_REPORTED)

    _change(rows, event, change)


def reported(rows: Rows, event: DisplayMessageBook.Reported) -> None:
    def change(held: Held) -> Iterable[DisplayMessageRow]:
        report = held.reports.setdefault(event.request_id, Report())
        report.complete = report.complete or event.last
        for message in event.messages:
            report.reported.append(message.id)
            yield _confirmed(_message(held, message.id), message, event.timestamp)
        _forget_old(held)
        yield from _missing(held, report, event.timestamp)

    _change(rows, event, change)


def _missing(held: Held, report: Report, at: datetime) -> list[DisplayMessageRow]:
    """What the station had and is not in a complete report of everything."""
    if not (report.complete and report.everything):
        return []
    return [
        _gone(row, at, Removal.NOT_REPORTED) for row in _those_confirmed(held) if row.message_id not in report.reported
    ]


def _those_confirmed(held: Held) -> list[DisplayMessageRow]:
    return [row for row in held.messages.values() if row.confirmed is not None]


def _forget_old(held: Held) -> None:
    for request_id in list(held.reports)[:-_REMEMBERED_REPORTS]:
        del held.reports[request_id]


def transaction_ended(rows: Rows, event: Transaction.Ended | Transaction.Closed) -> None:
    name = parse(event.originator_id)
    known = rows.get(held, name.station_id)
    if known is None or not known.messages:
        return

    def change(held: Held) -> Iterable[DisplayMessageRow]:
        for row in _those_confirmed(held):
            if message_of(str(row.confirmed)).transaction_id == name.local:
                yield _gone(row, event.timestamp, Removal.TRANSACTION_ENDED)

    _change(rows, event, change)


message_of = msgspec.json.Decoder(DisplayMessage).decode

display_messages = ReadModel(
    "display_messages",
    version=1,
    tables=(held, display_message),
    handlers={
        DisplayMessageBook.SettingAnswered: setting_answered,
        DisplayMessageBook.ClearingAnswered: clearing_answered,
        DisplayMessageBook.ReportAnswered: report_answered,
        DisplayMessageBook.Reported: reported,
        Command.Requested: requested,
        Transaction.Ended: transaction_ended,
        Transaction.Closed: transaction_ended,
    },
)


async def display_messages_page(
    pool: asyncpg.Pool, first: int, after: str | None, *, station_id: str | None, present_at: datetime | None
) -> Page[DisplayMessageRow]:
    """Messages, those of a station together; with `present_at` only those that stations have at this time."""
    here = "confirmed IS NOT NULL AND removed_at IS NULL AND coalesce(ends_at > {}, true)"
    return await fetch_page(
        pool,
        f"{display_messages.schema}.display_message",
        DisplayMessageRow,
        order="id",
        first=first,
        after=after,
        where={"station_id = {}": station_id, here: present_at},
    )


async def wished_of(pool: asyncpg.Pool, station_id: str) -> list[DisplayMessageRow]:
    """What we asked of a station last, message by message, without those that it had until we or their end came."""
    query = f"""
        SELECT * FROM {display_messages.schema}.display_message
        WHERE station_id = $1 AND asked_at IS NOT NULL AND coalesce(desired, confirmed) IS NOT NULL
        AND (removed_at IS NULL OR (removal = 'NOT_REPORTED' AND desired IS NOT NULL)) ORDER BY id
    """  # noqa: S608
    return [DisplayMessageRow(*record) for record in await pool.fetch(query, station_id)]


async def report_has_come(pool: asyncpg.Pool, station_id: str, request_id: int) -> bool:
    """Whether everything is here that a station was to report, which may be nothing."""
    query = f"SELECT * FROM {display_messages.schema}.held WHERE station_id = $1"  # noqa: S608
    record = await pool.fetchrow(query, station_id)
    report = None if record is None else _decode(HeldRow(*record).held).reports.get(request_id)
    return report is None or (report.complete and report.everything is not None)
