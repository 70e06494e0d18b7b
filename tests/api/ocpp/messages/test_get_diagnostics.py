from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

OLDEST, LATEST = "2026-11-19T00:00:00.000Z", "2026-11-20T00:00:00.000Z"
FULL = {"location": "ftp://x.test/", "requestId": 7, "oldest": OLDEST, "latest": LATEST, "retries": 2}
SHORT = {"location": "ftp://x.test/", "requestId": 7}


@pytest.mark.parametrize(
    ("version", "typed", "action", "expected"),
    [
        ("1.6", SHORT, "GetDiagnostics", {"location": "ftp://x.test/"}),
        (
            "1.6",
            FULL,
            "GetDiagnostics",
            {"location": "ftp://x.test/", "startTime": OLDEST, "stopTime": LATEST, "retries": 2},
        ),
        (
            "2.0.1",
            SHORT,
            "GetLog",
            {"logType": "DiagnosticsLog", "requestId": 7, "log": {"remoteLocation": "ftp://x.test/"}},
        ),
        (
            "2.0.1",
            FULL,
            "GetLog",
            {
                "logType": "DiagnosticsLog",
                "requestId": 7,
                "log": {"remoteLocation": "ftp://x.test/", "oldestTimestamp": OLDEST, "latestTimestamp": LATEST},
                "retries": 2,
            },
        ),
    ],
)
def test_it_is_said_in_the_words_of_the_version(
    version: str, typed: dict[str, Any], action: str, expected: dict[str, Any]
) -> None:
    assert said(version, "GetDiagnostics", typed) == (action, expected)


async def test_the_name_of_the_file_is_noted(v16: Line) -> None:
    request = {"location": "ftp://x.test/", "startTime": OLDEST, "retries": 2}
    [event] = await noted(v16, "GetDiagnostics", request, {"fileName": "d.zip"})
    assert isinstance(event, MaintenanceBook.DiagnosticsRequested)
    assert (event.location, event.file_name, event.retries) == ("ftp://x.test/", "d.zip", 2)
    assert (event.oldest, event.latest) == (datetime(2026, 11, 19, tzinfo=UTC), None)


@pytest.mark.parametrize("answer", [{}, {"fileName": ""}])
async def test_a_station_may_have_nothing_to_upload(answer: dict[str, Any], v16: Line) -> None:
    [event] = await noted(v16, "GetDiagnostics", {"location": "ftp://x.test/"}, answer)
    assert event.file_name is None
