"""What goes into one INSERT: appends side by side, as columns, and which versions they need to find."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from eventsourcing.persistence import RecordConflictError

from domain.journal import Entry

_PAGE = 12
"""Every 2^12 bytes of an append weigh as much as an event: neither queue nor INSERT outgrows the memory."""
_NO_EVIDENCE = ("", None, None)
Versions = dict[str, int]
Bytes = Sequence[bytes | None]
Columns = tuple[str, str, str, str, str, list[bytes], Bytes, Bytes]


@dataclass(slots=True, eq=False)
class Append:
    entries: Sequence[Entry]
    states: list[bytes]
    weight: int
    before: Versions
    after: Versions
    """The version of each stream that it touches, before it and after."""
    done: asyncio.Future[int]

    def follows(self, versions: Versions) -> bool:
        """Whether it can be written behind appends that leave these versions."""
        if versions.keys().isdisjoint(self.before):  # nearly always: a station waits for its answers
            return True
        return all(versions.get(stream, version) == version for stream, version in self.before.items())

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


def ends(batch: list[Append]) -> tuple[object, ...]:
    """What _FIND looks for: one statement wrote the batch, so if its first and last event are in place, all are."""
    first, last = batch[0].entries[0], batch[-1].entries[-1]
    return (
        first.event.originator_id,
        first.event.originator_version,
        batch[0].states[0],
        first.evidence.request if first.evidence else None,
        sum(len(append.entries) for append in batch) - 1,
        last.event.originator_id,
        last.event.originator_version,
        batch[-1].states[-1],
    )


def without(batch: list[Append], stale: frozenset[str]) -> list[Append]:
    """The batch without the appends that touch these streams, which fail."""
    kept = [append for append in batch if stale.isdisjoint(append.before)]
    for append in batch:
        if not stale.isdisjoint(append.before):
            append.fail(RecordConflictError(f"{', '.join(stale.intersection(append.before))}: the stream has moved on"))
    return kept


def weight_of(entries: Sequence[Entry], states: list[bytes]) -> int:
    size = sum(map(len, states))
    for _, evidence in entries:
        if evidence is not None:
            size += len(evidence.request) + len(evidence.reply or b"")
    return len(entries) + (size >> _PAGE)


def span_of(entries: Sequence[Entry]) -> tuple[Versions, Versions]:
    """The version of each stream before and after. Raises RecordConflictError if one is missing in between."""
    if len(entries) == 1:
        event = entries[0].event
        return {event.originator_id: event.originator_version - 1}, {event.originator_id: event.originator_version}
    before: Versions = {}
    after: Versions = {}
    for event, _ in entries:
        stream, version = event.originator_id, event.originator_version
        if after.setdefault(stream, version - 1) != version - 1:
            raise RecordConflictError(f"version {version} of {stream} cannot follow {after[stream]}")
        before.setdefault(stream, version - 1)
        after[stream] = version
    return before, after


def predecessors(batch: list[Append]) -> tuple[list[str], list[int]]:
    """The streams, and the version each must have for the batch to follow on."""
    versions: dict[str, int] = {}
    for append in batch:
        versions = append.before | versions
    return list(versions), list(versions.values())


def columns_of(batch: list[Append]) -> Columns:
    """As the INSERT takes them. What cannot contain a line break goes as lines: asyncpg looks at each element of an
    array three times.
    """
    events, evidence = zip(*chain.from_iterable(append.entries for append in batch), strict=True)
    streams: list[str] = list(map(attrgetter("originator_id"), events))
    versions: list[int] = list(map(attrgetter("originator_version"), events))
    protocols, requests, replies = zip(*(given or _NO_EVIDENCE for given in evidence), strict=True)
    # Later ones of a stream follow on by construction, and the statement cannot see its own rows.
    firsts = dict(zip(reversed(streams), reversed(versions), strict=True))
    befores = [v - 1 if firsts[s] == v else 0 for s, v in zip(streams, versions, strict=True)]
    return (
        "\n".join(streams),
        "\n".join(map(str, versions)),
        "\n".join(map(str, befores)),
        "\n".join(map(attrgetter("TOPIC"), events)),
        "\n".join(protocols),
        list(chain.from_iterable(append.states for append in batch)),
        requests,
        replies,
    )
