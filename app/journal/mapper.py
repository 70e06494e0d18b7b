"""Events to JSON and back, in the layout of `eventsourcing`'s Mapper, with the types taken from the event classes.

A field that has its default is left out, so that events stay small and a field added later needs no upcasting. The stock
library reads the same rows with `MAPPER_TOPIC=app.journal.mapper:EventMapper`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypedDict, get_origin, get_type_hints

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import resolve_topic

import domain.events  # noqa: F401  # registers every topic
from domain.aggregate import DomainEvent

_ENVELOPE = ("originator_id", "originator_version")
_encode = msgspec.json.Encoder().encode


@cache
def _defaults(kind: type[DomainEvent]) -> tuple[tuple[str, Any], ...]:
    """Field names with their defaults; a sentinel stands where there is none, so the field is always written."""
    return tuple(
        (f.name, f.default) for f in dataclasses.fields(kind) if f.name not in _ENVELOPE  # type: ignore[arg-type]
    )


@cache
def _decoder(kind: type[DomainEvent]) -> Callable[[bytes], dict[str, Any]]:
    return msgspec.json.Decoder(_state_type(kind)).decode


@cache
def _state_type(kind: type[DomainEvent]) -> Any:
    hints = {
        name: hint
        for name, hint in get_type_hints(kind).items()
        if name not in _ENVELOPE and get_origin(hint) is not ClassVar and hint is not ClassVar
    }
    names = {name for name, _ in _defaults(kind)}
    return TypedDict(kind.__name__, {k: v for k, v in hints.items() if k in names}, total=False)  # type: ignore[operator]


class EventMapper(Mapper[str]):
    """Also usable without an instance's transcoder: `state_of` and `event` are the hot path."""

    def __init__(self, transcoder: Any = None, compressor: Any = None, cipher: Any = None) -> None:
        super().__init__(transcoder, compressor, cipher)

    @staticmethod
    def state_of(event: DomainEvent) -> bytes:
        """The JSON of an event without its envelope."""
        values = vars(event)
        return _encode({n: v for n, d in _defaults(type(event)) if (v := values.get(n, d)) is not d})

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
        event = object.__new__(kind)
        object.__setattr__(event, "__dict__", values)
        return event

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        assert isinstance(domain_event, DomainEvent)
        return StoredEvent(
            domain_event.originator_id, domain_event.originator_version, domain_event.TOPIC, self.state_of(domain_event)
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        stream = str(stored_event.originator_id)
        return self.event(stored_event.topic, stream, stored_event.originator_version, stored_event.state)


def _upcast(kind: type[DomainEvent], state: bytes) -> dict[str, Any]:
    """Bring a state written by an older class up to date with the class's own `upcast_vN_vN+1` methods."""
    raw: dict[str, Any] = msgspec.json.decode(state)
    for version in range(raw.pop("class_version", 1), getattr(kind, "class_version", 1)):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(raw)
    values: dict[str, Any] = msgspec.convert(raw, _state_type(kind), strict=False)
    return values


def as_json(event: DomainEvent) -> dict[str, Any]:
    """An event's state as plain JSON values, as outsiders see it."""
    state: dict[str, Any] = msgspec.json.decode(EventMapper.state_of(event))
    return state


