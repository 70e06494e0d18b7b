"""What goes into one INSERT: appends side by side, as columns, and which versions they need to find."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from eventsourcing.persistence import RecordConflictError

from domain.journal import Entry

_PAGE = 12
"""Every 2^12 bytes of an append weigh as much as an event: neither queue nor INSERT outgrows the memory."""
_NO_EVIDENCE = ("", None, None)
Bytes = list[bytes | None]
Columns = tuple[str, str, str, str, str, list[bytes], Bytes, Bytes]


@dataclass(slots=True, eq=False)
class Append:
    entries: Sequence[Entry]
    states: list[bytes]
    weight: int
    spans: dict[str, tuple[int, int]]
    """Of each stream, the version before and after."""
    done: asyncio.Future[int]

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
    kept = [append for append in batch if stale.isdisjoint(append.spans)]
    for append in batch:
        if not stale.isdisjoint(append.spans):
            append.fail(RecordConflictError(f"{', '.join(stale.intersection(append.spans))}: the stream has moved on"))
    return kept


def weight_of(entries: Sequence[Entry], states: list[bytes]) -> int:
    size = sum(map(len, states))
    for entry in entries:
        if (evidence := entry.evidence) is not None:
            size += len(evidence.request) + len(evidence.reply or b"")
    return len(entries) + (size >> _PAGE)


def spans_of(entries: Sequence[Entry]) -> dict[str, tuple[int, int]]:
    if len(entries) == 1:
        event = entries[0].event
        return {event.originator_id: (event.originator_version - 1, event.originator_version)}
    spans: dict[str, tuple[int, int]] = {}
    for entry in entries:
        stream, version = entry.event.originator_id, entry.event.originator_version
        before, after = spans.get(stream, (version - 1, version - 1))
        if version != after + 1:
            raise RecordConflictError(f"version {version} of {stream} cannot follow {after}")
        spans[stream] = before, version
    return spans


def predecessors(batch: list[Append]) -> tuple[list[str], list[int]]:
    """The streams, and the version each must have for the batch to follow on."""
    versions: dict[str, int] = {}
    for append in batch:
        for stream, (before, _) in append.spans.items():
            versions.setdefault(stream, before)
    return list(versions), list(versions.values())


def columns_of(batch: list[Append]) -> Columns:
    """As the INSERT takes them. What cannot contain a line break goes as lines: asyncpg looks at each element of an
    array three times.
    """
    streams: list[str] = []
    versions: list[int] = []
    topics: list[str] = []
    protocols: list[str] = []
    states: list[bytes] = []
    requests: Bytes = []
    replies: Bytes = []
    for append in batch:
        states.extend(append.states)
        for event, evidence in append.entries:
            streams.append(event.originator_id)
            versions.append(event.originator_version)
            topics.append(event.TOPIC)
            protocol, request, reply = evidence or _NO_EVIDENCE
            protocols.append(protocol)
            requests.append(request)
            replies.append(reply)
    # Later ones of a stream follow on by construction, and the statement cannot see its own rows.
    firsts = dict(zip(reversed(streams), reversed(versions), strict=True))
    befores = [v - 1 if firsts[s] == v else 0 for s, v in zip(streams, versions, strict=True)]
    return (
        "\n".join(streams),
        "\n".join(map(str, versions)),
        "\n".join(map(str, befores)),
        "\n".join(topics),
        "\n".join(protocols),
        states,
        requests,
        replies,
    )
