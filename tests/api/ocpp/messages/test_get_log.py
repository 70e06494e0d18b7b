from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

OLDEST, LATEST = "2026-11-19T00:00:00.000Z", "2026-11-20T00:00:00.000Z"
LOG = {"remoteLocation": "https://x.test/up", "oldestTimestamp": OLDEST, "latestTimestamp": LATEST}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, {"log": {"remoteLocation": "https://x.test/up"}}),
        (
            {"oldest": OLDEST, "latest": LATEST, "retries": 1, "retryInterval": 9},
            {"log": LOG, "retries": 1, "retryInterval": 9},
        ),
    ],
)
def test_it_is_said_alike_in_all_versions(version: str, typed: dict[str, Any], expected: dict[str, Any]) -> None:
    typed = {"logType": "SecurityLog", "location": "https://x.test/up", "requestId": 7, **typed}
    assert said(version, "GetLog", typed) == ("GetLog", {"logType": "SecurityLog", "requestId": 7, **expected})


async def test_what_the_station_answers_is_noted(line: Line) -> None:
    request = {"logType": "SecurityLog", "requestId": 7, "log": LOG, "retries": 1, "retryInterval": 9}
    [event] = await noted(line, "GetLog", request, {"status": "AcceptedCanceled", "filename": "s.log"})
    assert isinstance(event, MaintenanceBook.LogRequested)
    assert (event.log_type, event.location, event.request_id) == ("SecurityLog", "https://x.test/up", 7)
    assert (event.outcome, event.file_name) == ("AcceptedCanceled", "s.log")
    assert (event.oldest, event.latest) == (datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    assert (event.retries, event.retry_interval) == (1, 9)


async def test_numbers_that_nobody_means_are_left_out(line: Line) -> None:
    request = {"logType": "SecurityLog", "requestId": -1, "retries": 2**70, "log": {"remoteLocation": "x"}}
    [event] = await noted(line, "GetLog", request, {"status": "Rejected"})
    assert (event.request_id, event.retries, event.outcome, event.file_name) == (None, None, "Rejected", None)
