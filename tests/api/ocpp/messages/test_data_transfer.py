from __future__ import annotations

from typing import Any

import pytest

from domain.events import StationDay
from tests.api.ocpp.line import Line


async def test_it_is_kept_and_no_vendor_is_known(line: Line) -> None:
    payload = {"vendorId": "com.example", "messageId": "hello", "data": "anything"}
    assert await line.call("DataTransfer", payload) == {"status": "UnknownVendorId"}
    [event] = line.happened
    assert isinstance(event, StationDay.DataTransferred)
    assert (event.vendor_id, event.message_id, event.data) == ("com.example", "hello", "anything")


@pytest.mark.parametrize("data", [{"a": [1, {"b": None}]}, [1.5, "x"], 7, None])
async def test_2_0_1_data_may_be_anything(data: Any, v201: Line) -> None:
    assert await v201.call("DataTransfer", {"vendorId": "com.example", "data": data}) == {"status": "UnknownVendorId"}
    assert v201.happened[0].data == data


async def test_1_6_data_is_text(v16: Line) -> None:
    refused = await v16.call("DataTransfer", {"vendorId": "com.example", "data": {"a": 1}})
    assert refused.code == "TypeConstraintViolation"
