"""Lets aggregates decide, and records what they decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from eventsourcing.persistence import RecordConflictError

from api.graphql.context import Services
from api.graphql.errors import Refused, UserErrorCode, bad_input
from domain.aggregate import Aggregate, DomainEvent
from domain.certificates import is_pem
from domain.events import Station
from domain.journal import Entry, load
from projections.history import position_of_stream

A = TypeVar("A", bound=Aggregate)

_ATTEMPTS = 8
LONGEST_ID = 255
DEEPEST_PAYLOAD = 20
LONGEST_CERTIFICATE = 5500


async def decide(services: Services, kind: type[A], stream: str, decision: Callable[[A], None]) -> int:
    """Load, decide, record; again when somebody else was quicker. Returns the position from which the outcome shows.

    A decision that changes nothing records nothing. `decision` may raise Refused, and may be called several times.
    """
    for _ in range(_ATTEMPTS):
        aggregate = await load(services.journal, kind, stream)
        decision(aggregate)
        events = cast("list[DomainEvent]", list(aggregate.collect_events()))
        if not events:
            return await position_of_stream(services.pool, stream)
        try:
            return await services.journal.append([Entry(event) for event in events])
        except RecordConflictError:
            continue
    raise Refused(UserErrorCode.CONFLICT, "others keep changing it at the same time: try again")


def require_known(station: Station, station_id: str) -> None:
    if not station.exists:
        raise Refused(UserErrorCode.UNKNOWN_STATION, f"there is no station {station_id[:60]!r}", "stationId")


def checked(field: str, text: str, longest: int = LONGEST_ID) -> str:
    """A name that people and machines can write down: not empty, not endless, nothing that cannot be seen."""
    if not 1 <= len(text) <= longest or not text.isprintable():
        raise bad_input(field, f"{field} must be 1 to {longest} printable characters")
    return text


def certificate(field: str, text: str, longest: int = LONGEST_CERTIFICATE, *, most: int = 1) -> str:
    """A PEM certificate, or up to `most` of them one after the other."""
    if len(text) > longest or not is_pem(text, "CERTIFICATE", most=most):
        what = "a PEM certificate" if most == 1 else "PEM certificates"
        raise bad_input(field, f"{field} must be {what}, at most {longest} characters")
    return text


def within_bounds(field: str, number: float, low: float, high: float) -> None:
    if not low <= number <= high:
        raise bad_input(field, f"{field} must be from {low:g} to {high:g}")


def deeper(value: Any, levels: int) -> bool:
    """Whether a JSON value nests deeper than so many levels."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(deeper(item, levels - 1) for item in inner)
