from __future__ import annotations

from typing import Any

import pytest

from domain.events import StationDay
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import said


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


@pytest.mark.parametrize(("data", "in_16"), [("Grüezi", "Grüezi"), ({"a": [1]}, '{"a":[1]}'), (False, "false")])
def test_what_we_say_goes_as_it_is_or_in_1_6_as_text(data: Any, in_16: str) -> None:
    typed = {"vendorId": "com.example", "messageId": "hello", "data": data}
    assert said("2.0.1", "DataTransfer", typed) == ("DataTransfer", typed)
    assert said("1.6", "DataTransfer", typed) == ("DataTransfer", {**typed, "data": in_16})


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_the_vendor_alone_is_enough(version: str) -> None:
    assert said(version, "DataTransfer", {"vendorId": "v"}) == ("DataTransfer", {"vendorId": "v"})
