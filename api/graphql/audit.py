# mypy: disallow_untyped_decorators=false
"""The journal as auditors read it: every event, with the wire text behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
import strawberry

from api.graphql.context import Info
from api.graphql.paging import Connection, page_size, position_of, relay
from api.graphql.scalars import JSON
from api.graphql.visibility import at_least
from domain.journal import START
from projections.history import HistoryRow, events_page, history
from projections.model import position as position_shown

_state = msgspec.json.Decoder().decode
_BATCH = 100
_SECRET = "credential"  # noqa: S105  # the name of a field


@strawberry.type(description="What happened. `data` is the event, `evidence` the message it came with, byte for byte.")
class Event:
    position: str = strawberry.field(description="Its place in the journal; opaque. A cursor of `events`, too.")
    stream: str
    type: str
    recorded_at: datetime
    occurred_at: datetime | None = strawberry.field(description="By the station's clock, where it told one.")
    data: JSON
    evidence: JSON | None = strawberry.field(description="`protocol`, `request` and `reply`.")

    @classmethod
    def of(cls, row: HistoryRow) -> Event:
        data: dict[str, Any] = _state(row.state)
        occurred_at = data.get("occurred_at")
        if data.get(_SECRET):
            data[_SECRET] = "(not shown)"
        return cls(
            position=str(row.position),
            stream=row.stream,
            type=row.topic,
            recorded_at=datetime.fromisoformat(data["timestamp"]),
            occurred_at=datetime.fromisoformat(occurred_at) if occurred_at else None,
            data=data,  # type: ignore[arg-type]
            evidence=_evidence(row),
        )


def _evidence(row: HistoryRow) -> Any:
    if row.protocol is None:
        return None
    return {"protocol": row.protocol, "request": _text(row.request), "reply": _text(row.reply)}


def _text(wire: bytes | None) -> str | None:
    return wire.decode(errors="replace") if wire is not None else None


@strawberry.input
class EventFilter:
    station_id: strawberry.ID | None = None
    transaction_id: str | None = strawberry.field(default=None, description="As the station knows it.")
    types: list[str] | None = strawberry.field(default=None, description="Such as `transaction.ended`.")


@strawberry.type
class EventQueries:
    @strawberry.field(description="Events in the order of the journal.")
    async def events(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: EventFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[Event]:
        size, start = page_size(first), position_of(after)
        await at_least(info, at_least_position, history)
        page = await events_page(info.context.pool, size, start, **(vars(filter) if filter else {}))
        return relay([(str(row.position), Event.of(row)) for row in page.rows], page.has_next)


@strawberry.type
class EventSubscriptions:
    @strawberry.subscription(
        description="Events above the position `after`, each once and in order; without `after`: from now on. No end."
    )
    async def events(
        self, info: Info, after: str | None = None, filter: EventFilter | None = None
    ) -> AsyncIterator[Event]:
        pool, wanted = info.context.pool, vars(filter) if filter else {}
        start = position_of(after)
        if start is None:
            start = await position_shown(pool, [history]) or START
        with info.context.bulletin.journal.watch(wanted.get("station_id")) as watch:
            while True:
                until = await position_shown(pool, [history])
                more = until > start
                while more:
                    page = await events_page(pool, _BATCH, start, until=until, **wanted)
                    for row in page.rows:
                        start = row.position
                        yield Event.of(row)
                    more = page.has_next
                start = max(start, until)
                await info.context.news(watch)
