"""How many wrong codes were typed at a station lately, so that nobody finds a right one by trying (2.0.1 C04)."""

from __future__ import annotations

from datetime import datetime, timedelta

MOST_WRONG = 5
SPAN = timedelta(minutes=5)
_MOST_STATIONS = 10_000


class Guesses:
    """At the stations of this process: after so many wrong codes, none is right until the span from the first of them
    is over. A right one in between makes no difference: the guesser may have one.
    """

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, datetime]] = {}

    def too_many(self, station_id: str, at: datetime) -> bool:
        count, since = self._wrong.get(station_id, (0, at))
        return count >= MOST_WRONG and at < since + SPAN

    def wrong(self, station_id: str, at: datetime) -> None:
        count, since = self._wrong.pop(station_id, (0, at))
        self._wrong[station_id] = (count + 1, since) if at < since + SPAN else (1, at)
        if len(self._wrong) > _MOST_STATIONS:
            del self._wrong[next(iter(self._wrong))]
