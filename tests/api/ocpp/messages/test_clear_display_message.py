from __future__ import annotations

import pytest

from domain.display_messages import DisplayMessageBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


def test_it_is_said_by_its_id() -> None:
    assert said("2.0.1", "ClearDisplayMessage", {"id": 7}) == ("ClearDisplayMessage", {"id": 7})


@pytest.mark.parametrize("outcome", ["Accepted", "Unknown"])
async def test_the_outcome_is_noted(v201: Line, outcome: str) -> None:
    [event] = await noted(v201, "ClearDisplayMessage", {"id": 7}, {"status": outcome})
    assert isinstance(event, DisplayMessageBook.ClearingAnswered)
    assert (event.message_id, event.outcome) == (7, outcome)


async def test_a_number_that_no_message_has_is_not_noted(v201: Line) -> None:
    assert await noted(v201, "ClearDisplayMessage", {"id": -1}, {"status": "Unknown"}) == []
