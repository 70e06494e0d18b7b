"""The shape all aggregates share: events that may open a stream, and one `evolve` that folds them.

Built on the `eventsourcing` library's own event and aggregate classes, with two differences: stream ids are text, and
any event may be the first of its stream, because stations deliver the end of a story before its beginning (OCPP 2.0.1
E04).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from itertools import filterfalse
from operator import attrgetter
from typing import Any, ClassVar, Self

from eventsourcing.domain import BaseAggregate, CanMutateAggregate, MetaDomainEvent
from eventsourcing.utils import register_topic

TOPICS: dict[str, type[DomainEvent]] = {}
"""Every event there is, by its topic."""
ENVELOPE = ("originator_id", "originator_version")


class _Kind(MetaDomainEvent):
    """Asks for an event's class without the detour of abstract classes: a `match` asks once a case."""

    __instancecheck__ = type.__instancecheck__


@dataclass(frozen=True)
class DomainEvent(CanMutateAggregate[str], metaclass=_Kind):
    """A fact. `timestamp` is when this system learned of it; a station's own time stands in `occurred_at` where it
    gave one.
    """

    originator_id: str
    originator_version: int
    timestamp: datetime

    TOPIC: ClassVar[str]
    AGGREGATE: ClassVar[type[Aggregate]]
    DEFAULTS: ClassVar[dict[str, Any]]
    """Its own fields with their defaults, MISSING where there is none."""
    IS_DEFAULT: ClassVar[Callable[[tuple[str, Any]], bool]]
    """Whether a field, name and value, says no more than its default."""
    REQUIRED: ClassVar[frozenset[str]]

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The event with these values, envelope included; a field that is not among them has its default."""
        event = object.__new__(cls)
        object.__setattr__(event, "__dict__", values)
        return event

    def mutate(self, aggregate: Any) -> Any:
        if aggregate is None:
            aggregate = self.AGGREGATE.blank(self.originator_id)
        return super().mutate(aggregate)

    def apply(self, aggregate: Any) -> None:
        aggregate.evolve(self)


class Aggregate(BaseAggregate[str]):
    """Decides (command methods) and evolves (one match over its events). Holds no clock: callers pass the time."""

    pending_events = property(attrgetter("_pending_events"))  # the library's, without a call of Python each time

    @classmethod
    def blank(cls, stream: str) -> Self:
        """The aggregate before its first event, at version 0."""
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(stream, 0, None)  # type: ignore[arg-type]  # no event, hence no time yet
        aggregate.__init__()  # type: ignore[misc]
        return aggregate

    def __init_subclass__(cls) -> None:
        """Ties each event class to its aggregate and its topic.

        The library's own hook is left out: it rewrites event classes for `@event` decorators, which we do not use,
        because a decorated body runs again on replay.
        """
        for member in vars(cls).values():
            if isinstance(member, type) and issubclass(member, DomainEvent):
                member.AGGREGATE = cls
                member.DEFAULTS = {f.name: f.default for f in fields(member) if f.name not in ENVELOPE}
                member.IS_DEFAULT = member.DEFAULTS.items().__contains__
                member.REQUIRED = frozenset(name for name, default in member.DEFAULTS.items() if default is MISSING)
                register_topic(member.TOPIC, member)
                TOPICS[member.TOPIC] = member

    def trigger_event(self, event_class: type[DomainEvent], *, timestamp: datetime, **told: Any) -> None:  # type: ignore[override]
        """Record a decision and apply it. As the library does it, without its clock, its copies and its second look."""
        version = self._version + 1
        values = {"originator_id": self._id, "originator_version": version, "timestamp": timestamp}
        values.update(filterfalse(event_class.IS_DEFAULT, told.items()))
        if not (values.keys() >= event_class.REQUIRED and told.keys() <= event_class.DEFAULTS.keys()):
            missing, unknown = event_class.REQUIRED - values.keys(), told.keys() - event_class.DEFAULTS.keys()
            raise TypeError(f"{event_class.TOPIC} is not told {missing}, or does not know {unknown}")
        event = event_class.of(values)
        self.evolve(event)
        self._version, self._modified_on = version, timestamp
        self._pending_events.append(event)

    def collect_events(self) -> list[Any]:
        collected, self._pending_events = self._pending_events, []
        return collected

    @property
    def exists(self) -> bool:
        return self.version > 0

    def evolve(self, event: Any) -> None:
        raise NotImplementedError
