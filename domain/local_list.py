"""The list of id tokens that a station keeps for itself: what it was sent and what it says it has (1.6 §3.5, 2.0.1 D).

Stream `local-list:<day>:<station>`.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.id_token import Permission
from domain.values import IdToken

FULL = "Full"
DIFFERENTIAL = "Differential"
ACCEPTED = "Accepted"
NOT_SUPPORTED = -1
"""The version that a station without a local list reports; 0 is an empty list."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A token of a list; one without permission is taken off it by a differential update."""

    id_token: IdToken
    permission: Permission | None = None


class LocalListBook(Book):
    KIND = "local-list"

    @dataclass(frozen=True)
    class VersionReported(DomainEvent):
        TOPIC = "local-list.version-reported"
        version: int

    @dataclass(frozen=True)
    class Sent(DomainEvent):
        """A list was sent and answered with `outcome`: Accepted, Failed, NotSupported or VersionMismatch."""

        TOPIC = "local-list.sent"
        update_type: str
        version: int
        outcome: str
        entries: tuple[ListEntry, ...] = ()
