"""What a 2.0.1 station says of its display, its monitors and its customers."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v201 import call

NAME = "SIM-0001"
EVSE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


@pytest.fixture
async def two(csms: Any) -> Any:
    async with csms.fleet(version="2.0.1", sessions=0, speed=1200.0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[1:])
        yield csms


async def ask(csms: Any, command: Any) -> Any:
    return await csms.ask(NAME, command)


async def told(csms: Any, action: str, count: int) -> Any:
    """So many messages, when they have come."""
    await csms.until(lambda: len(csms.calls(NAME, action)) >= count)
    return csms.calls(NAME, action)


def message(number: int, **more: Any) -> Any:
    content = {"format": "UTF8", "content": "Hello"}
    return call.SetDisplayMessage({"id": number, "priority": "NormalCycle", "message": content, **more})


async def test_messages_are_kept_told_and_cleared(two: Any) -> None:
    for number in range(6):
        assert (await ask(two, message(number, priority="InFront"))).status == "Accepted"
    assert (await ask(two, message(7, transactionId="nobody"))).status == "UnknownTransaction"
    page = {"format": "HTML", "content": "x"}
    assert (await ask(two, message(7, message=page))).status == "NotSupportedMessageFormat"
    assert (await ask(two, message(8, endDateTime="2001-01-01T00:00:00Z"))).status == "Accepted"
    assert (await ask(two, call.GetDisplayMessages(7))).status == "Accepted"
    parts = await told(two, "NotifyDisplayMessages", 2)
    assert [[one["id"] for one in part["message_info"]] for part in parts] == [[0, 1, 2, 3, 4], [5]]
    assert [part.get("tbc") for part in parts] == [True, None]
    assert (await ask(two, call.GetDisplayMessages(7, id=[9]))).status == "Unknown"
    assert (await ask(two, call.GetDisplayMessages(7, priority="NormalCycle"))).status == "Unknown"
    assert (await ask(two, call.ClearDisplayMessage(5))).status == "Accepted"
    assert (await ask(two, call.ClearDisplayMessage(5))).status == "Unknown"


def monitor(type: str, **more: Any) -> dict[str, Any]:
    return {"value": 1, "type": type, "severity": 5, **EVSE, **more}


async def test_monitors_are_set_told_and_cleared(two: Any) -> None:
    nowhere = {"component": {"name": "Nothing"}}
    unknown = {"variable": {"name": "Nothing"}}
    asked = [monitor("Delta"), monitor("Periodic"), monitor("Delta", **nowhere), monitor("Delta", **unknown)]
    results = (await ask(two, call.SetVariableMonitoring([*asked, monitor("Delta", id=9)]))).set_monitoring_result
    assert [(one["status"], one.get("id")) for one in results] == [
        ("Accepted", 1),
        ("Accepted", 2),
        ("UnknownComponent", None),
        ("UnknownVariable", None),
        ("Rejected", None),
    ]
    [events] = await told(two, "NotifyEvent", 1)
    assert [(one["variable_monitoring_id"], one["trigger"]) for one in events["event_data"]] == [(2, "Periodic")]
    asking = call.GetMonitoringReport(7, monitoring_criteria=["PeriodicMonitoring"], component_variable=[EVSE])
    assert (await ask(two, asking)).status == "Accepted"
    [part] = await told(two, "NotifyMonitoringReport", 1)
    assert [one["variable_monitoring"][0]["id"] for one in part["monitor"]] == [2]
    nothing = call.GetMonitoringReport(8, monitoring_criteria=["ThresholdMonitoring"])
    assert (await ask(two, nothing)).status == "EmptyResultSet"
    cleared = await ask(two, call.ClearVariableMonitoring([1, 5]))
    assert [one["status"] for one in cleared.clear_monitoring_result] == ["Accepted", "NotFound"]
    assert (await ask(two, call.SetMonitoringLevel(4))).status == "Accepted"
    assert (await ask(two, call.SetMonitoringBase("FactoryDefault"))).status == "Accepted"
    assert (await ask(two, call.GetMonitoringReport(9))).status == "EmptyResultSet"


async def test_customers_are_told_of_and_cleared(two: Any) -> None:
    token = {"idToken": "04AA", "type": "Central"}
    start = call.RequestStartTransaction(id_token=token, remote_start_id=7, evse_id=2)
    assert (await ask(two, start)).status == "Accepted"
    [first, *_] = await two.until(lambda: two.calls(NAME, "TransactionEvent"))
    for number, flags in enumerate(((True, False), (False, True), (True, True))):
        asking = call.CustomerInformation(request_id=number, report=flags[0], clear=flags[1], id_token=token)
        assert (await ask(two, asking)).status == "Accepted"
    heard = await told(two, "NotifyCustomerInformation", 3)
    running = f"transactions: {first['transaction_info']['transaction_id']}"
    assert sorted((one["request_id"], one["data"]) for one in heard) == [(0, running), (1, "no data"), (2, running)]
    assert (await ask(two, call.CustomerInformation(request_id=1, report=False, clear=False))).status == "Rejected"
