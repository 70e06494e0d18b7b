from __future__ import annotations

from datetime import UTC, datetime

from domain.events import SecurityBook
from tests.api.ocpp.line import Line

AT = "2026-11-19T23:30:00.5-01:00"
THEN = datetime(2026, 11, 20, 0, 30, 0, 500_000, tzinfo=UTC)


async def test_it_is_noted_as_the_station_tells_it(line: Line) -> None:
    payload = {"type": "SettingSystemTime", "timestamp": AT, "techInfo": "by NTP"}
    assert await line.call("SecurityEventNotification", payload) == {}
    [event] = line.happened
    assert isinstance(event, SecurityBook.EventNotified)
    assert (event.type, event.occurred_at, event.tech_info) == ("SettingSystemTime", THEN, "by NTP")


async def test_a_type_that_nobody_knows_is_noted_too(line: Line) -> None:
    assert await line.call("SecurityEventNotification", {"type": "Vendor: lid open", "timestamp": AT}) == {}
    assert (line.happened[0].type, line.happened[0].tech_info) == ("Vendor: lid open", None)  # type: ignore[attr-defined]


async def test_a_time_that_is_none_is_refused(line: Line) -> None:
    refused = await line.call("SecurityEventNotification", {"type": "TamperDetectionActivated", "timestamp": "now"})
    assert refused.code == "TypeConstraintViolation"
