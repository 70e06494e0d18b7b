from __future__ import annotations

from typing import Any

import pytest

from api.ocpp import registry
from domain.transaction_status import TransactionStatusBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


@pytest.mark.parametrize("typed", [{}, {"transactionId": "T-1"}])
def test_it_is_about_one_transaction_or_all(typed: dict[str, Any]) -> None:
    assert said("2.0.1", "GetTransactionStatus", typed) == ("GetTransactionStatus", typed)


def test_1_6_cannot_say_it() -> None:
    assert ("1.6", "GetTransactionStatus") not in registry.SENDERS


@pytest.mark.parametrize(
    ("request_", "response", "told"),
    [
        ({"transactionId": "T-1"}, {"ongoingIndicator": True, "messagesInQueue": False}, ("T-1", False, True)),
        ({}, {"messagesInQueue": True}, (None, True, None)),
    ],
)
async def test_the_answer_is_noted(
    request_: dict[str, Any], response: dict[str, Any], told: tuple[str | None, bool, bool | None], v201: Line
) -> None:
    [event] = await noted(v201, "GetTransactionStatus", request_, response)
    assert isinstance(event, TransactionStatusBook.Reported)
    assert (event.transaction_id, event.messages_in_queue, event.ongoing) == told
    assert event.originator_id == "transaction-status:2026-11-20:CS201"
