"""An instance of every event class, made from its type hints, so that no class can be forgotten."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from domain.aggregate import DomainEvent
from domain.events import AGGREGATES
from domain.journal import Entry, Evidence, Journal
from domain.station_day import StationDay

AT = datetime(2026, 11, 20, 12, 30, 15, 123456, tzinfo=UTC)
ELSEWHERE = datetime(2026, 11, 20, 23, 59, 59, tzinfo=timezone(timedelta(hours=5, minutes=45)))


def received(stream: str, version: int, action: str = "Heartbeat") -> DomainEvent:
    return StationDay.MessageReceived(originator_id=stream, originator_version=version, timestamp=AT, action=action)


def entries(stream: str, *versions: int, request: bytes | None = None) -> list[Entry]:
    evidence = None if request is None else Evidence("ocpp1.6", request, b"[3]")
    return [Entry(received(stream, version), evidence) for version in versions]


async def settled(journal: Journal, position: int) -> None:
    """Wait until readers see what was appended: an older transaction anywhere in the cluster may hide it at first."""
    async with asyncio.timeout(10):
        while await journal.head() < position:
            await asyncio.sleep(0.001)


def event_classes() -> Iterator[type[DomainEvent]]:
    for aggregate in AGGREGATES:
        for member in vars(aggregate).values():
            if isinstance(member, type) and issubclass(member, DomainEvent):
                yield member


def filled(kind: type[DomainEvent], stream: str = "station:CS1", version: int = 1) -> DomainEvent:
    """An event none of whose fields has its default."""
    return _instance(kind, originator_id=stream, originator_version=version, timestamp=AT)


def bare(kind: type[DomainEvent], stream: str = "station:CS1", version: int = 1) -> DomainEvent:
    """An event with the fields it cannot do without."""
    optional = {f.name: f.default for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    return _instance(kind, originator_id=stream, originator_version=version, timestamp=AT, **optional)


def _instance(kind: type[Any], **given: Any) -> Any:
    hints = get_type_hints(kind)
    values = {f.name: _value(hints[f.name], f.name) for f in dataclasses.fields(kind) if f.name not in given}
    return kind(**values, **given)


def _value(hint: Any, name: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _value(next(a for a in arguments if a is not NoneType), name)
    if origin is tuple:
        return (_value(arguments[0], name), _value(arguments[0], name))
    if origin is dict or hint is Any:
        return {"idTag": "ü€\u2028", "nested": [1, -2.5, None, True, {"deep": "er"}], "class_version": 9}
    if dataclasses.is_dataclass(hint):
        return _instance(hint)
    if issubclass(hint, Enum):
        return list(hint)[-1]
    return {
        str: f'{name} "ß" 電',
        int: -(2**40),
        bool: True,
        float: 0.1,
        Decimal: Decimal("-12.3400"),
        datetime: ELSEWHERE,
        date: AT.date(),
        time: AT.time(),
    }[hint]
