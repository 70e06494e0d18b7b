from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.configuration import Variable
from domain.device_model import Attribute, Characteristics, DeviceModelBook, VariableReport
from domain.values import Evse
from tests.api.ocpp.line import Line

PART: dict[str, Any] = {"requestId": 7, "seqNo": 1, "tbc": True, "generatedAt": "2026-11-20T12:00:00Z"}


def variable(component: str, name: str, *attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": list(attributes),
        **more,
    }


async def test_a_part_is_noted_as_it_came(v201: Line) -> None:
    power = {
        "component": {"name": "EVSE", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "Power", "instance": "a"},
        "variableAttribute": [
            {"type": "MaxSet", "value": "11000.5", "mutability": "ReadOnly", "persistent": True, "constant": True},
            {"mutability": "WriteOnly"},
            {"type": "Target"},
        ],
        "variableCharacteristics": {
            "dataType": "decimal",
            "supportsMonitoring": True,
            "unit": "W",
            "minLimit": 0.1,
            "maxLimit": 22000,
            "valuesList": "1,2",
        },
    }
    assert await v201.call("NotifyReport", PART | {"reportData": [power]}) == {}
    [event] = v201.happened
    assert isinstance(event, DeviceModelBook.PartReported)
    assert (event.request_id, event.seq_no, event.more) == (7, 1, True)
    assert event.generated_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    [told] = event.variables
    assert told == VariableReport(
        Variable("Power", "EVSE", "a", "left", Evse(2, 1)),
        (
            Attribute("11000.5", "MaxSet", "ReadOnly", persistent=True, constant=True),
            Attribute(None, "Actual", "WriteOnly"),
            Attribute("", "Target"),
        ),
        Characteristics("decimal", True, "W", Decimal("0.1"), Decimal(22000), "1,2"),
    )


async def test_a_last_part_may_be_empty(v201: Line) -> None:
    assert await v201.call("NotifyReport", {key: PART[key] for key in ("requestId", "seqNo", "generatedAt")}) == {}
    [event] = v201.happened
    assert isinstance(event, DeviceModelBook.PartReported)
    assert (event.more, event.variables) == (False, ())


@pytest.mark.parametrize("field", ["requestId", "seqNo"])
async def test_numbers_are_those_that_ocpp_has(v201: Line, field: str) -> None:
    assert await v201.call("NotifyReport", PART | {field: -1}) == {}
    refused = await v201.call("NotifyReport", PART | {field: 2**31})
    assert refused.code == "PropertyConstraintViolation"


async def test_a_secret_that_a_station_tells_is_masked(v201: Line) -> None:
    secret = variable("SecurityCtrlr", "BasicAuthPassword", {"value": "s3cret"})
    await v201.call("NotifyReport", PART | {"reportData": [secret]})
    [event] = v201.happened
    assert isinstance(event, DeviceModelBook.PartReported)
    assert event.variables[0].attributes[0].value == "********"


async def test_how_much_a_message_may_have_is_remembered(v201: Line) -> None:
    def limit(name: str, value: str, kind: str = "Actual") -> dict[str, Any]:
        told = variable("DeviceDataCtrlr", name, {"type": kind, "value": value})
        told["variable"]["instance"] = "GetVariables"
        return told

    told = [limit("ItemsPerMessage", "4"), limit("bytespermessage", "900"), limit("ItemsPerMessage", "9", "MaxSet")]
    await v201.call("NotifyReport", PART | {"reportData": told})
    assert v201.kinds == ["device-model.part-reported", *["station.message-limit-reported"] * 2]
    limits = v201.session.station.message_limit("DEVICEDATACTRLR", "getvariables")
    assert (limits.items, limits.bytes) == (4, 900)
    assert v201.session.station.message_limit("DeviceDataCtrlr").items is None
    await v201.call("NotifyReport", PART | {"reportData": told})
    assert v201.kinds == ["device-model.part-reported"]
    await v201.call("NotifyReport", PART | {"reportData": [limit("ItemsPerMessage", value) for value in "0x-"]})
    assert v201.kinds == ["device-model.part-reported"]
