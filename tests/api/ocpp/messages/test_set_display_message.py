from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.display_messages import Display, DisplayContent, DisplayMessage, DisplayMessageBook
from domain.values import Evse
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

TYPED: dict[str, Any] = {
    "id": 7,
    "priority": "InFront",
    "content": {"text": "Grüezi", "format": "UTF8", "language": "de-CH"},
    "state": "Idle",
    "startsAt": "2026-11-20T13:00:00+01:00",
    "endsAt": "2026-11-20T14:00:00.000Z",
    "transactionId": "tx-1",
    "display": {"component": "Display", "componentInstance": "left", "evseId": 1, "connectorId": 2},
}
SAID: dict[str, Any] = {
    "id": 7,
    "priority": "InFront",
    "message": {"format": "UTF8", "content": "Grüezi", "language": "de-CH"},
    "state": "Idle",
    "startDateTime": "2026-11-20T12:00:00.000Z",
    "endDateTime": "2026-11-20T14:00:00.000Z",
    "transactionId": "tx-1",
    "display": {"name": "Display", "instance": "left", "evse": {"id": 1, "connectorId": 2}},
}


def test_a_message_is_said_with_all_that_it_has() -> None:
    assert said("2.0.1", "SetDisplayMessage", TYPED) == ("SetDisplayMessage", {"message": SAID})


def test_a_message_is_said_with_no_more_than_it_needs() -> None:
    typed = {"id": 0, "priority": "NormalCycle", "content": {"text": "Hi", "format": "ASCII"}}
    expected = {"id": 0, "priority": "NormalCycle", "message": {"format": "ASCII", "content": "Hi"}}
    assert said("2.0.1", "SetDisplayMessage", typed) == ("SetDisplayMessage", {"message": expected})


@pytest.mark.parametrize("outcome", ["Accepted", "NotSupportedPriority", "UnknownTransaction"])
async def test_the_message_is_noted_with_the_outcome(v201: Line, outcome: str) -> None:
    [event] = await noted(v201, "SetDisplayMessage", {"message": SAID}, {"status": outcome})
    assert isinstance(event, DisplayMessageBook.SettingAnswered)
    assert (event.outcome, event.originator_id) == (outcome, "display-messages:2026-11-20:CS201")
    assert event.message == DisplayMessage(
        7,
        "InFront",
        DisplayContent("Grüezi", "UTF8", "de-CH"),
        "Idle",
        datetime(2026, 11, 20, 12, tzinfo=UTC),
        datetime(2026, 11, 20, 14, tzinfo=UTC),
        "tx-1",
        Display("Display", "left", Evse(1, 2)),
    )


async def test_a_number_that_no_message_has_is_not_noted(v201: Line) -> None:
    assert await noted(v201, "SetDisplayMessage", {"message": SAID | {"id": 2**70}}, {"status": "Rejected"}) == []
