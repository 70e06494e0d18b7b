from __future__ import annotations

from typing import Any

import pytest

from domain.display_messages import DisplayMessageBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, {}),
        ({"ids": []}, {}),
        ({"ids": [1, 2]}, {"id": [1, 2]}),
        ({"priority": "InFront", "state": "Idle"}, {"priority": "InFront", "state": "Idle"}),
    ],
)
def test_it_is_said_with_what_narrows_it(typed: dict[str, Any], expected: dict[str, Any]) -> None:
    asked = said("2.0.1", "GetDisplayMessages", {"requestId": 7, **typed})
    assert asked == ("GetDisplayMessages", {"requestId": 7, **expected})


async def test_what_was_asked_for_is_noted_with_the_outcome(v201: Line) -> None:
    request = {"requestId": 7, "id": [1, 2**70], "priority": "InFront", "state": "Idle"}
    [event] = await noted(v201, "GetDisplayMessages", request, {"status": "Unknown"})
    assert isinstance(event, DisplayMessageBook.ReportAnswered)
    assert (event.request_id, event.outcome, event.ids) == (7, "Unknown", (1,))
    assert (event.priority, event.state) == ("InFront", "Idle")


async def test_a_number_that_no_request_has_is_not_noted(v201: Line) -> None:
    assert await noted(v201, "GetDisplayMessages", {"requestId": -7}, {"status": "Unknown"}) == []
