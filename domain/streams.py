"""Names of streams: `kind:name` for what is there once, `kind:birth-date:name` for what is born every day.

Kind first keeps money apart from telemetry, the birth date next lets a table be partitioned by ranges of the id, so
that old telemetry can be dropped by partition. Names are percent-encoded, so `:` and `/` only ever separate.
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
ID_TOKEN = "id-token"  # noqa: S105  # the name of a kind of stream
TARIFF = "tariff"
CHARGE_DETAIL_RECORD = "charge-detail-record"
METER_KEYS = "meter-keys"
RECONCILIATION = "reconciliation"


class StreamName(NamedTuple):
    """A stream id taken apart: `day:2026-11-20:CS%2F1` is kind `day`, born that day, of station `CS/1`."""

    kind: str
    birth: str | None
    name: str
    station_id: str | None
    """The station the stream belongs to; None for id tokens and tariffs."""
    local: str
    """What the stream is of: a transaction or command id within its station, a tariff id, a token; "" for the station
    itself.
    """


@lru_cache(maxsize=65536)
def encoded(name: str) -> str:
    return quote(name, safe=" ")


@lru_cache(maxsize=65536)
def parse(stream: str) -> StreamName:
    kind, *birth, name = stream.split(":")
    born_on = birth[0] if birth else None
    if kind in (ID_TOKEN, TARIFF):
        return StreamName(kind, born_on, name, None, unquote(name))
    station, _, local = name.partition("/")
    return StreamName(kind, born_on, name, unquote(station), unquote(local))


def once(kind: str, name: str) -> str:
    return f"{kind}:{encoded(name)}"


def born(kind: str, birth: date, station_id: str, local: str | None = None) -> str:
    return f"{kind}:{birth.isoformat()}:{within(station_id, local)}"


def within(station_id: str, local: str | None = None) -> str:
    """The name part of a station's stream: `CS1`, or `CS1/42` for something of that station."""
    return encoded(station_id) if local is None else f"{encoded(station_id)}/{encoded(local)}"
