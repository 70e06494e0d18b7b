"""What stations told about customers, one row a request; what was cleared at the station is not shown here either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.customer_information import CustomerInformationBook, PrivacyBook
from domain.streams import parse, within
from projections.model import ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page
from projections.parts import complete

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)
_encode = msgspec.json.Encoder().encode
_ACCEPTED = "Accepted"


class CustomerInformationRow(Row, frozen=True, gc=False):
    id: str
    station_id: str
    request_id: int
    requested_at: datetime | None
    """None: the answer to the request was not recorded (yet)."""
    report: bool | None
    clear: bool | None
    outcome: str | None
    reference: str | None
    id_token: str | None
    id_token_type: str | None
    parts: int
    """How many have come."""
    complete: bool
    data: str | None
    """The parts that have come, put together; None if there are none, or if they are forgotten."""
    reported_at: datetime | None
    forgotten_at: datetime | None


class Collected(msgspec.Struct):
    """`shown` is the row as it is now."""

    shown: CustomerInformationRow
    customer: str | None = None
    parts: dict[int, str] = {}
    """Without what was in them, if they are forgotten."""
    last: int | None = None


class Held(msgspec.Struct):
    station_id: str
    requests: dict[int, Collected] = {}


class HeldRow(Row, frozen=True, gc=False):
    station_id: str
    held: str
    """JSON."""


_decode = msgspec.json.Decoder(Held).decode

held = Table(
    HeldRow,
    sa.Table(
        "held",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("held", sa.Text, nullable=False),
    ),
    key_of=lambda event: parse(event.originator_id).station_id,
    thaw=lambda row: _decode(row.held),
    freeze=lambda held: HeldRow(held.station_id, _encode(held).decode()),
)

information = Table(
    CustomerInformationRow,
    sa.Table(
        "information",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("request_id", sa.BigInteger, nullable=False),
        sa.Column("requested_at", _instant),
        sa.Column("report", sa.Boolean),
        sa.Column("clear", sa.Boolean),
        sa.Column("outcome", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("id_token", sa.Text),
        sa.Column("id_token_type", sa.Text),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("data", sa.Text),
        sa.Column("reported_at", _instant),
        sa.Column("forgotten_at", _instant),
        sa.Index("information_station", "station_id"),
        sa.Index("information_cleared", "requested_at", postgresql_where=sa.text("clear")),
    ),
    key_of=lambda _: None,
)


def _change(rows: Rows, event: Any, change: Callable[[Held, Collected], None]) -> None:
    station_id = parse(event.originator_id).station_id or ""
    known = rows.get(held, station_id) or Held(station_id)
    if event.request_id not in known.requests:
        known.requests[event.request_id] = Collected(_blank(station_id, event.request_id))
    before = {number: collected.shown for number, collected in known.requests.items()}
    change(known, known.requests[event.request_id])
    rows.put(held, known)
    for number, collected in known.requests.items():
        if collected.shown is not before[number] or event.request_id == number:
            rows.put(information, collected.shown)


def _blank(station_id: str, request_id: int) -> CustomerInformationRow:
    nothing: dict[str, Any] = dict.fromkeys(CustomerInformationRow.__struct_fields__)
    known = {"id": within(station_id, f"{request_id:010}"), "station_id": station_id, "request_id": request_id}
    return CustomerInformationRow(**(nothing | known | {"parts": 0, "complete": False}))


def _forget(collected: Collected, at: datetime) -> None:
    """Only where there is something to forget, or something may come."""
    if collected.shown.forgotten_at is None:
        collected.parts = dict.fromkeys(collected.parts, "")
        collected.shown = replace(collected.shown, data=None, forgotten_at=at)


def request_answered(rows: Rows, event: CustomerInformationBook.RequestAnswered) -> None:
    """What is cleared at the station is forgotten here too, save what this very request has it tell."""

    def change(held: Held, collected: Collected) -> None:
        if collected.customer is not None:  # somebody has used the number again
            collected.parts, collected.last = {}, None
            collected.shown = _blank(held.station_id, event.request_id)
        collected.customer = event.customer
        token = event.id_token
        collected.shown = replace(
            collected.shown,
            requested_at=event.timestamp,
            report=event.report,
            clear=event.clear,
            outcome=event.outcome,
            reference=event.reference,
            id_token=token.value if token else None,
            id_token_type=token.type if token else None,
        )
        if event.clear and event.outcome == _ACCEPTED:
            for other in held.requests.values():
                if other is not collected and other.customer == event.customer and other.shown.report:
                    _forget(other, event.timestamp)

    _change(rows, event, change)


def reported(rows: Rows, event: CustomerInformationBook.Reported) -> None:
    def change(held: Held, collected: Collected) -> None:
        forgotten = collected.shown.forgotten_at is not None
        collected.parts[event.seq_no] = "" if forgotten else event.data
        if event.last:
            collected.last = event.seq_no
        collected.shown = replace(
            collected.shown,
            parts=len(collected.parts),
            complete=complete(collected.parts, collected.last),
            data=None if forgotten else "".join(text for _, text in sorted(collected.parts.items())),
            reported_at=event.timestamp,
        )

    _change(rows, event, change)


def forgotten(rows: Rows, event: PrivacyBook.CustomerInformationForgotten) -> None:
    _change(rows, event, lambda held, collected: _forget(collected, event.timestamp))


customer_information = ReadModel(
    "customer_information",
    version=1,
    tables=(held, information),
    handlers={
        CustomerInformationBook.RequestAnswered: request_answered,
        CustomerInformationBook.Reported: reported,
        PrivacyBook.CustomerInformationForgotten: forgotten,
    },
)


async def customer_information_page(
    pool: asyncpg.Pool, first: int, after: str | None, *, station_id: str | None, request_id: int | None
) -> Page[CustomerInformationRow]:
    """Requests, those of a station together."""
    return await fetch_page(
        pool,
        f"{customer_information.schema}.information",
        CustomerInformationRow,
        order="id",
        first=first,
        after=after,
        where={"station_id = {}": station_id, "request_id = {}": request_id},
    )


class ClearedToken(NamedTuple):
    station_id: str
    id_token: str
    cleared_at: datetime


async def cleared_tokens(pool: asyncpg.Pool, since: datetime) -> list[ClearedToken]:
    """Tokens of customers that stations have cleared since then."""
    query = (
        f"SELECT station_id, id_token, requested_at FROM {customer_information.schema}.information"  # noqa: S608
        " WHERE clear AND outcome = $2 AND id_token IS NOT NULL AND requested_at > $1 LIMIT 500"
    )
    return [ClearedToken(*record) for record in await pool.fetch(query, since, _ACCEPTED)]
