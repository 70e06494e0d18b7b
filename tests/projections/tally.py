"""A read model that counts: an event that is applied twice, or not, shows in its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.events import StationDay
from projections.model import ReadModel, Row, Rows, Table


class TallyRow(Row, frozen=True, gc=False):
    stream: str
    events: int
    versions: str


table = Table(
    TallyRow,
    sa.Table(
        "tally",
        sa.MetaData(),
        sa.Column("stream", sa.Text(collation="C"), primary_key=True),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("versions", sa.Text, nullable=False),
    ),
    key_of=lambda event: event.originator_id,
)


def count(rows: Rows, event: DomainEvent) -> None:
    row = rows.get(table, event.originator_id) or TallyRow(event.originator_id, 0, "")
    rows.put(table, replace(row, events=row.events + 1, versions=f"{row.versions} {event.originator_version}"))


def tally(before: Callable[[Any], None] = lambda event: None, *, kind: type[ReadModel] = ReadModel, **more: Any) -> Any:
    """The model; `before` is called with each event and may raise."""

    def received(rows: Rows, event: StationDay.MessageReceived) -> None:
        before(event)
        count(rows, event)

    return kind(
        **{"name": "tally", "version": 1, "tables": (table,), "handlers": {StationDay.MessageReceived: received}} | more
    )
