from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from eventsourcing.persistence import MapperDeserialisationError

from app.journal.mapper import EventMapper, as_json
from domain.aggregate import Aggregate, DomainEvent
from tests.journal.samples import AT, bare, event_classes, filled

GOLDEN = Path(__file__).with_name("golden_states.json")

every_class = pytest.mark.parametrize("kind", list(event_classes()), ids=lambda kind: kind.TOPIC)


class Meter(Aggregate):
    @dataclass(frozen=True)
    class Read(DomainEvent):
        TOPIC = "test-meter.read"
        class_version: ClassVar[int] = 3
        wh: int
        by: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["wh"] = state.pop("kwh") * 1000

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            state["by"] = "station"


def read_back(event: DomainEvent) -> DomainEvent:
    return EventMapper.event(event.TOPIC, event.originator_id, event.originator_version, EventMapper.state_of(event))


@every_class
def test_an_event_with_everything_filled_in_survives(kind: type[DomainEvent]) -> None:
    event = filled(kind)
    assert read_back(event) == event
    assert repr(read_back(event)) == repr(event)


@every_class
def test_an_event_with_its_defaults_survives(kind: type[DomainEvent]) -> None:
    event = bare(kind)
    assert read_back(event) == event
    assert repr(read_back(event)) == repr(event)


@every_class
def test_states_of_earlier_releases_stay_readable(kind: type[DomainEvent]) -> None:
    """For ever. A new topic: add `as_json(filled(kind))` to the file. A new field: add a state, keep the old one."""
    states = json.loads(GOLDEN.read_text())[kind.TOPIC]
    for state in states:
        event = EventMapper.event(kind.TOPIC, "station:A", 1, json.dumps(state).encode())
        assert isinstance(event, kind)
        if getattr(kind, "class_version", 1) == state.get("class_version", 1):
            assert _says(as_json(event), state)


def _says(now: Any, once: Any) -> bool:
    """Whether what was written once is all there; parts of an event may have got fields since, which are empty."""
    if isinstance(once, dict) and isinstance(now, dict):
        return (
            all(_says(now[key], once[key]) if key in once else not now[key] for key in now)
            and once.keys() <= now.keys()
        )
    if isinstance(once, list) and isinstance(now, list):
        return len(once) == len(now) and all(map(_says, now, once))
    return bool(now == once)


def test_no_topic_was_ever_dropped() -> None:
    assert set(json.loads(GOLDEN.read_text())) <= {kind.TOPIC for kind in event_classes()}


def test_topics_are_the_tables_of_the_journal_so_two_classes_never_share_one() -> None:
    topics = [kind.TOPIC for kind in event_classes()]
    assert len(topics) == len(set(topics))


@pytest.mark.parametrize(
    "state", [{"kwh": 2}, {"wh": 2000, "class_version": 2}, {"wh": 2000, "by": "station", "class_version": 3}]
)
def test_a_state_of_an_older_class_is_brought_up_to_date(state: dict[str, Any]) -> None:
    stored = json.dumps({"timestamp": AT.isoformat(), **state}).encode()
    event = Meter.Read(originator_id="m:1", originator_version=1, timestamp=AT, wh=2000, by="station")
    assert EventMapper.event("test-meter.read", "m:1", 1, stored) == event
    assert read_back(event) == event


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("day.message-received", b'{"timestamp":"2026-11-20T12:00:00Z","action":"X","class_version":2}'),
        ("test-meter.read", b'{"timestamp":"2026-11-20T12:00:00Z","wh":1,"by":"x","class_version":4}'),
        ("day.message-received", b'{"timestamp":"2026-11-20T12:00:00Z"}'),
        ("day.message-received", b'{"timestamp":"yesterday","action":"X"}'),
        ("day.message-received", b"{"),
        ("day.never-heard-of", b"{}"),
    ],
)
def test_what_cannot_be_read_is_said_so(topic: str, state: bytes) -> None:
    with pytest.raises(MapperDeserialisationError, match=r"version 7 of day:2026-11-20:CS1"):
        EventMapper.event(topic, "day:2026-11-20:CS1", 7, state)


def test_a_field_that_a_later_release_added_is_ignored_and_one_it_added_here_has_its_default() -> None:
    state = b'{"timestamp":"2026-11-20T12:00:00Z","reason":"x","connection_id":"1","colour":"red"}'
    assert EventMapper.event("day.disconnected", "day:2026-11-20:CS1", 1, state).reason == "x"  # type: ignore[attr-defined]
