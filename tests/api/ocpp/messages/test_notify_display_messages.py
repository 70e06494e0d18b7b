from __future__ import annotations

from typing import Any

import pytest

from domain.display_messages import DisplayContent, DisplayMessage, DisplayMessageBook
from tests.api.ocpp.line import Line, Refused

MESSAGE: dict[str, Any] = {
    "id": 1,
    "priority": "NormalCycle",
    "message": {"format": "UTF8", "content": "Grüezi"},
}


@pytest.mark.parametrize(("more", "last"), [({}, True), ({"tbc": False}, True), ({"tbc": True}, False)])
async def test_a_part_is_noted_with_its_messages(v201: Line, more: dict[str, Any], last: bool) -> None:
    assert await v201.call("NotifyDisplayMessages", {"requestId": 7, "messageInfo": [MESSAGE], **more}) == {}
    [event] = v201.happened
    assert isinstance(event, DisplayMessageBook.Reported)
    assert (event.request_id, event.last) == (7, last)
    assert event.messages == (DisplayMessage(1, "NormalCycle", DisplayContent("Grüezi", "UTF8")),)


async def test_a_part_may_be_empty(v201: Line) -> None:
    assert await v201.call("NotifyDisplayMessages", {"requestId": 7}) == {}
    [event] = v201.happened
    assert isinstance(event, DisplayMessageBook.Reported)
    assert event.messages == ()


@pytest.mark.parametrize("payload", [{"requestId": 2**40}, {"requestId": 7, "messageInfo": [MESSAGE | {"id": -1}]}])
async def test_numbers_that_cannot_be_are_refused(v201: Line, payload: dict[str, Any]) -> None:
    assert isinstance(await v201.call("NotifyDisplayMessages", payload), Refused)
