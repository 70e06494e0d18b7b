"""What a station tells about one subject in one day, and what became of what we asked of it.

Stream `<kind>:<day>:<station>`. Nothing is decided from a book, so it holds no state: read models add up what stands in
it. A subject is one file with one class; the events are its own.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from domain.aggregate import Aggregate
from domain.streams import born


class Book(Aggregate):
    """The node that holds the station's socket is the only writer."""

    KIND: ClassVar[str]

    @classmethod
    def stream(cls, station_id: str, day: date) -> str:
        return born(cls.KIND, day, station_id)

    @classmethod
    def opened(cls, stream: str, version: int) -> Self:
        """A book in which so much stands already, to be written on; nobody reads again what it is."""
        book = cls.blank(stream)
        book._version = version
        return book

    def evolve(self, event: Any) -> None:
        pass
