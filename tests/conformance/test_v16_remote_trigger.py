"""OCPP 1.6 Remote trigger: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.tool import Tool, moment

_CAME: dict[str, dict[str, Any]] = {
    "MeterValues": {
        "connectorId": 1,
        "meterValue": [
            {"timestamp": moment(), "sampledValue": [{"value": "1000", "unit": "Wh", "context": "Trigger"}]}
        ],
    },
    "Heartbeat": {},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": moment()},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
}
"""What the station sends when it is asked to."""


@pytest.mark.parametrize("message", _CAME)
async def test_tc_054_csms(message: str, tool: Tool) -> None:
    """A message is asked for, and what comes is answered."""
    where = {"evseId": 1} if "connectorId" in _CAME[message] else {}
    heard, command = await tool.asked(
        "triggerMessage", "TriggerMessage", {"status": "Accepted"}, requestedMessage=message, **where
    )
    assert heard == {"requestedMessage": message} | ({"connectorId": 1} if where else {})
    assert command["status"] == "ACCEPTED"
    answer = await tool.call(message, **_CAME[message])
    assert answer == {} or message == "Heartbeat"


async def test_tc_055_csms(tool: Tool) -> None:
    """Meter values of a connector that the station has not: it may be asked for, and is rejected."""
    heard, command = await tool.asked(
        "triggerMessage", "TriggerMessage", {"status": "Rejected"}, requestedMessage="MeterValues", evseId=3
    )
    assert heard == {"requestedMessage": "MeterValues", "connectorId": 3}
    assert command["status"] == "REJECTED"
