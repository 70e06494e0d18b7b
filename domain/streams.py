"""Names of streams: `kind:name` for what is there once, `kind:birth-date:name` for what is born every day.

Kind first keeps money apart from telemetry, the birth date next lets a table be partitioned by ranges of the id, so that old
telemetry can be dropped by partition. Names are percent-encoded, so `:` and `/` only ever separate.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

STATION = "station"
DAY = "day"
TRANSACTION = "transaction"
COMMAND = "command"
ID_TOKEN = "id-token"
TARIFF = "tariff"


class StreamName(NamedTuple):
    """A stream id taken apart: `day:2026-11-20:CS%2F1` is kind `day`, born that day, of station `CS/1`."""

    kind: str
    birth: str | None
    name: str

    @property
    def station_id(self) -> str | None:
        """The station the stream belongs to, or None for id tokens and tariffs."""
        if self.kind in (ID_TOKEN, TARIFF):
            return None
        return unquote(self.name.partition("/")[0])

    @property
    def local(self) -> str | None:
        """What identifies the stream within its station: a transaction id, a command id."""
        _, slash, local = self.name.partition("/")
        return unquote(local) if slash else None


@lru_cache(maxsize=65536)
def encoded(name: str) -> str:
    return quote(name, safe=" ")


@lru_cache(maxsize=65536)
def parse(stream: str) -> StreamName:
    parts = stream.split(":")
    return StreamName(parts[0], parts[1], parts[2]) if len(parts) == 3 else StreamName(parts[0], None, parts[1])


def once(kind: str, name: str) -> str:
    return f"{kind}:{encoded(name)}"


def born(kind: str, birth: date, station_id: str, local: str | None = None) -> str:
    return f"{kind}:{birth.isoformat()}:{within(station_id, local)}"


def within(station_id: str, local: str | None = None) -> str:
    """The name part of a station's stream: `CS1`, or `CS1/42` for something of that station."""
    return encoded(station_id) if local is None else f"{encoded(station_id)}/{encoded(local)}"
