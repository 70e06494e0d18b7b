"""Events to JSON and back, in the layout of `eventsourcing`'s Mapper, with the types taken from the event classes.

A field that has its default is left out, so that events stay small and a field added later needs no upcasting. For
other changes raise the event's `class_version` and give it an `upcast_v1_v2(state)`, as in the library itself, which
reads the same rows with `MAPPER_TOPIC=app.journal.mapper:EventMapper`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING
from datetime import datetime
from functools import cache, partial
from itertools import filterfalse
from typing import Any, NotRequired, TypedDict, cast, get_type_hints

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import resolve_topic

import domain.events  # noqa: F401  # registers every topic
from domain.aggregate import ENVELOPE, DomainEvent

_encode = msgspec.json.Encoder().encode


class _Timed(msgspec.Struct):
    timestamp: datetime


_timed = msgspec.json.Decoder(_Timed).decode


def _version(kind: type[DomainEvent]) -> int:
    return getattr(kind, "class_version", 1)


@cache
def _decoder(kind: type[DomainEvent]) -> Callable[[bytes], dict[str, Any]]:
    return partial(_upcast, kind) if _version(kind) > 1 else msgspec.json.Decoder(_state_type(kind)).decode


@cache
def _state_type(kind: type[DomainEvent]) -> Any:
    hints = get_type_hints(kind)
    return TypedDict(  # type: ignore[operator]
        kind.__name__,
        {n: hints[n] if default is MISSING else NotRequired[hints[n]] for n, default in kind.DEFAULTS.items()},
    )


class EventMapper(Mapper[str]):
    """Also usable without an instance's transcoder: `state_of` and `event` are the hot path."""

    def __init__(self, transcoder: Any = None, compressor: Any = None, cipher: Any = None) -> None:
        super().__init__(transcoder, compressor, cipher)

    @staticmethod
    def state_of(event: DomainEvent) -> bytes:
        """The JSON of an event without its envelope."""
        kind = type(event)
        state = dict(filterfalse(kind.IS_DEFAULT, vars(event).items()))
        for name in ENVELOPE:
            del state[name]
        if (version := _version(kind)) > 1:
            state["class_version"] = version
        return _encode(state)

    @staticmethod
    def event(topic: str, stream: str, version: int, state: bytes) -> DomainEvent:
        """The event of a row. Raises MapperDeserialisationError for one that this release cannot read."""
        try:
            kind: type[DomainEvent] = resolve_topic(topic)
            values = _upcast(kind, state) if b'"class_version"' in state else _decoder(kind)(state)
        except Exception as error:
            raise MapperDeserialisationError(f"cannot read {topic} (version {version} of {stream}): {error}") from error
        values["originator_id"] = stream
        values["originator_version"] = version
        return kind.of(values)

    @staticmethod
    def timestamp(state: bytes) -> datetime:
        """The timestamp of an event, the rest of it unread. Raises MapperDeserialisationError."""
        try:
            return _timed(state).timestamp
        except msgspec.MsgspecError as error:
            raise MapperDeserialisationError(f"no event, or without a timestamp: {error}") from error

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        event = cast(DomainEvent, domain_event)
        return StoredEvent(event.originator_id, event.originator_version, event.TOPIC, self.state_of(event))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        stream = str(stored_event.originator_id)
        return self.event(stored_event.topic, stream, stored_event.originator_version, stored_event.state)


def _upcast(kind: type[DomainEvent], state: bytes) -> dict[str, Any]:
    """Bring a state written by an older class up to date with the class's own `upcast_vN_vN+1` methods."""
    raw: dict[str, Any] = msgspec.json.decode(state)
    written, current = raw.pop("class_version", 1), _version(kind)
    if written > current:
        raise ValueError(f"written by a later release: version {written}, this one knows {current}")
    for version in range(written, current):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(raw)
    values: dict[str, Any] = msgspec.convert(raw, _state_type(kind))
    return values


def as_json(event: DomainEvent) -> dict[str, Any]:
    """An event's state as plain JSON values, as outsiders see it."""
    state: dict[str, Any] = msgspec.json.decode(EventMapper.state_of(event))
    return state
