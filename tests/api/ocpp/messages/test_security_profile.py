from __future__ import annotations

import pytest

from domain.events import Station
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted


@pytest.mark.parametrize(
    ("key", "value", "status", "offered"),
    [
        ("SecurityProfile", "1", "Accepted", 1),
        ("SecurityProfile", "2", "RebootRequired", 2),
        ("SecurityProfile", "1", "Rejected", None),
        ("SecurityProfile", "0", "Accepted", None),
        ("SecurityProfile", "9", "Accepted", None),
        ("HeartbeatInterval", "1", "Accepted", None),
    ],
)
async def test_a_higher_profile_that_the_station_agrees_to_is_expected(
    v16: Line, key: str, value: str, status: str, offered: int | None
) -> None:
    events = await noted(v16, "ChangeConfiguration", {"key": key, "value": value}, {"status": status})
    about_it = [type(event) for event in events if event.TOPIC.startswith("station.")]
    assert about_it == ([Station.SecurityProfileOffered] if offered else [])
    assert v16.session.station.offered_profile == offered
