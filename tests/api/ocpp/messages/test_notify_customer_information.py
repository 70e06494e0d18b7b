from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.customer_information import CustomerInformationBook
from tests.api.ocpp.line import Line, Refused

PART = {"data": "name: A", "seqNo": 1, "generatedAt": "2026-11-20T13:00:00+01:00", "requestId": 7}


@pytest.mark.parametrize(("more", "last"), [({}, True), ({"tbc": False}, True), ({"tbc": True}, False)])
async def test_a_part_is_noted(v201: Line, more: dict[str, Any], last: bool) -> None:
    assert await v201.call("NotifyCustomerInformation", PART | more) == {}
    [event] = v201.happened
    assert isinstance(event, CustomerInformationBook.Reported)
    assert (event.request_id, event.seq_no, event.data, event.last) == (7, 1, "name: A", last)
    assert event.generated_at == datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ["requestId", "seqNo"])
async def test_numbers_that_cannot_be_are_refused(v201: Line, name: str) -> None:
    assert isinstance(await v201.call("NotifyCustomerInformation", PART | {name: 2**40}), Refused)
