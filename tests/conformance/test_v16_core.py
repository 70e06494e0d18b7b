"""OCPP 1.6 Core: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from tests.conformance.tool import Tool


async def test_tc_013_csms(tool: Tool) -> None:
    """Hard reset without a transaction."""
    heard, command = await tool.asked("reset", "Reset", {"status": "Accepted"}, type="IMMEDIATE")
    assert heard == {"type": "Hard"}
    assert command["status"] == "ACCEPTED"
    await tool.close()
    await tool.connect()
    answer = await tool.call("BootNotification", chargePointVendor="Tool", chargePointModel="T1")
    assert answer["status"] == "Accepted"
    assert answer["interval"] > 0
