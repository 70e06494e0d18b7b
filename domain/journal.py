"""The journal: what everything else stands on. A protocol, and a twin in memory for tests of decisions.

A position is the place of an event in the one order that all readers see; it grows, has gaps in number but never in
content: when a reader has seen position p, nothing will ever appear at or below p.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from eventsourcing.persistence import RecordConflictError

from domain.aggregate import Aggregate, DomainEvent
from domain.streams import parse, within

A = TypeVar("A", bound=Aggregate)

START = 0
"""The position before the first event."""

_SOON = 0.004
"""Seconds until a reader that was woken looks again: the commit may be hidden behind an older one in flight."""


class JournalUnavailable(RuntimeError):
    """The append is not known to be recorded: the caller must not answer as if it were, and must load anew."""


class Evidence(NamedTuple):
    """The wire text behind an event, byte for byte: what came in and what was answered."""

    protocol: str
    request: bytes
    reply: bytes | None = None


class Entry(NamedTuple):
    event: DomainEvent
    evidence: Evidence | None = None


class Recorded:
    """An event with its place in the journal. A journal may read the event only when it is asked for."""

    __slots__ = ("_event", "position", "stream", "topic", "version")

    def __init__(self, position: int, event: DomainEvent) -> None:
        self.position = position
        self.topic = event.TOPIC
        self.stream = event.originator_id
        self.version = event.originator_version
        self._event: DomainEvent | None = event

    @property
    def event(self) -> DomainEvent:
        """Raises MapperDeserialisationError for one that this release cannot read."""
        return self._event or self._read()

    def _read(self) -> DomainEvent:
        raise NotImplementedError

    @property
    def at(self) -> datetime:
        """The timestamp of the event."""
        return self.event.timestamp

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorded) and (self.position, self.event) == (other.position, other.event)

    __hash__ = None  # type: ignore[assignment]


class Page(NamedTuple):
    """A stretch of the journal: its events, and the position up to which nothing else will ever appear."""

    recorded: list[Recorded]
    position: int

    def up_to(self, position: int) -> Page:
        """The part of the page that does not go beyond a position."""
        if self.position <= position:
            return self
        return Page([r for r in self.recorded if r.position <= position], position)


class Journal(Protocol):
    """Everything here waits while the database is away."""

    async def append(self, entries: Sequence[Entry]) -> int:
        """Record all entries or none; returns the position of the last when it is durable (START for no entries).

        Raises RecordConflictError when the versions do not follow on from those of a
        stream: load it and decide again. Raises JournalUnavailable when the database refuses, or has not confirmed
        before this process ends. After either, and after cancellation, aggregates must be loaded anew.
        """

    async def events(self, stream: str, after: int = 0) -> list[DomainEvent]:
        """The events of a stream with versions above `after`, in order."""

    async def version_of(self, stream: str) -> int:
        """The version of a stream's last event; 0 if it is empty."""

    async def read(self, after: int, limit: int, topics: Sequence[str] | None = None) -> Page:
        """Up to `limit` events above a position, in order, none of which can be overtaken any more.

        With `topics` the others are passed over: the page may be empty and still have moved on.
        """

    async def latest_stream(self, kind: str, name: str) -> str | None:
        """The youngest stream of a kind that has births, and an (encoded) name."""

    async def streams_of(self, kind: str, station_id: str, limit: int) -> list[str]:
        """Streams of a kind that belong to a station, youngest first."""

    async def draw_transaction_ids(self, count: int) -> Sequence[int]:
        """Numbers (1 to 2^31-1) never drawn before, for 1.6 transactions."""

    async def head(self) -> int:
        """The position of the last settled event, START if there is none."""

    @property
    def ticks(self) -> int:
        """Grows whenever something may have been recorded."""

    async def woken(self, since: int, timeout: float) -> bool:
        """Wait until `ticks` is above `since`, or the time is over (False)."""


async def load(journal: Journal, kind: type[A], stream: str) -> A:
    """The aggregate as its events leave it; blank (version 0) if the stream is empty."""
    aggregate = kind.blank(stream)
    for event in await journal.events(stream):
        event.mutate(aggregate)
    return aggregate


async def follow(
    journal: Journal, after: int, topics: Sequence[str] | None = None, *, limit: int = 1000, poll: float = 0.5
) -> AsyncIterator[Page]:
    """The journal above a position, for ever, page by page; wakes on appends, polls (seconds) if a wake-up got lost."""
    pause = poll
    while True:
        ticks = journal.ticks
        page = await journal.read(after, limit, topics)
        if page.position > after:
            after, pause = page.position, _SOON
            yield page
        elif await journal.woken(ticks, pause):
            pause = _SOON
        else:
            pause = min(pause * 2, poll)


class InMemoryJournal:
    """The same promises without durability."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self.evidence: dict[int, Evidence] = {}
        self._streams: dict[str, list[DomainEvent]] = {}
        self._next_transaction_id = 1
        self._changed = asyncio.Condition()

    async def append(self, entries: Sequence[Entry]) -> int:
        if not entries:
            return START
        versions: dict[str, int] = {}
        for entry in entries:
            stream = entry.event.originator_id
            version = versions.get(stream, len(self._streams.get(stream, ())))
            if entry.event.originator_version != version + 1:
                raise RecordConflictError(f"{stream} has version {version}")
            versions[stream] = version + 1
        for entry in entries:
            self._streams.setdefault(entry.event.originator_id, []).append(entry.event)
            self.recorded.append(Recorded(len(self.recorded) + 1, entry.event))
            if entry.evidence is not None:
                self.evidence[len(self.recorded)] = entry.evidence
        async with self._changed:
            self._changed.notify_all()
        return len(self.recorded)

    async def events(self, stream: str, after: int = 0) -> list[DomainEvent]:
        return self._streams.get(stream, [])[after:]

    async def version_of(self, stream: str) -> int:
        return len(self._streams.get(stream, ()))

    async def read(self, after: int, limit: int, topics: Sequence[str] | None = None) -> Page:
        page = self.recorded[after : after + limit]
        wanted = page if topics is None else [r for r in page if r.event.TOPIC in topics]
        return Page(wanted, after + len(page))

    async def latest_stream(self, kind: str, name: str) -> str | None:
        return max((s for s in self._streams if (parse(s).kind, parse(s).name) == (kind, name)), default=None)

    async def streams_of(self, kind: str, station_id: str, limit: int) -> list[str]:
        owned = within(station_id) + "/"
        found = [s for s in self._streams if parse(s).kind == kind and parse(s).name.startswith(owned)]
        return sorted(found, reverse=True)[:limit]

    async def draw_transaction_ids(self, count: int) -> Sequence[int]:
        first = self._next_transaction_id
        self._next_transaction_id += count
        return range(first, first + count)

    async def head(self) -> int:
        return len(self.recorded)

    @property
    def ticks(self) -> int:
        return len(self.recorded)

    async def woken(self, since: int, timeout: float) -> bool:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: self.ticks > since), timeout)
            except TimeoutError:
                return False
            return True
