"""OCPP 2.0.1 Tariff and cost (block I): cases of the certification test plan, each named after its id."""

from __future__ import annotations

import pytest

from tests.conformance.charging_v201 import Charging, authorizes, sampled, the_transaction
from tests.conformance.tool import Tool, moment

TEXT = {"format": "UTF8", "content": "0.40 € per kWh, plus 19 % VAT"}


@pytest.fixture
async def tool(tool201: Tool) -> Tool:
    """A station with a tariff."""
    price = {"kind": "ENERGY", "price": "0.40", "vat": "19"}
    tariff = {"tariffId": tool201.id, "currency": "EUR", "description": TEXT["content"], "elements": [price]}
    await tool201.api.well("defineTariff", **tariff)
    await tool201.api.well("assignTariff", tariffId=tool201.id, stationId=tool201.id)
    return tool201


async def _charges(tool: Tool, token: str) -> Charging:
    """The driver is told the price, then 2 kWh flow."""
    charging = Charging(tool)
    begin = sampled(charging.at, 1000, context="Transaction.Begin")
    assert await charging.says("Started", "CablePluggedIn", "EVConnected", placed=True, meterValue=begin) in (
        {},
        {"updatedPersonalMessage": TEXT},
    )
    assert (await authorizes(tool, token))["personalMessage"] == TEXT
    answer = await charging.says("Updated", "Authorized", "Charging", token=token)
    assert answer == {"idTokenInfo": {"status": "Accepted", "personalMessage": TEXT}, "totalCost": 0}
    return charging


async def test_tc_i_01_csms(tool: Tool, token: str) -> None:
    """The cost so far goes to the driver: with the answers, and when the operator sends it. Not with what happened
    offline.
    """
    charging = await _charges(tool, token)
    later = sampled(moment(), 3000)
    assert await charging.says("Updated", "MeterValuePeriodic", meterValue=later) == {"totalCost": 0.95}
    assert await charging.says("Updated", "MeterValuePeriodic", meterValue=later, offline=True) == {}
    assert (await the_transaction(tool))["cost"] == {"currency": "EUR", "totalInclVat": "0.95"}
    heard, command = await tool.asked("sendCost", "CostUpdated", {}, transactionId=charging.id)
    assert (heard, command["status"]) == ({"transactionId": charging.id, "totalCost": 0.95}, "ACCEPTED")
    heard, _ = await tool.asked("sendCost", "CostUpdated", {}, transactionId=charging.id, totalCost="1.234567")
    assert heard["totalCost"] == 1.234567


async def test_tc_i_02_csms(tool: Tool, token: str) -> None:
    """The final cost goes with the answer to the end, and is that of the bill."""
    charging = await _charges(tool, token)
    end = sampled(moment(), 4000, context="Transaction.End")
    assert await charging.says("Ended", "EVDeparted", "Idle", meterValue=end) == {"totalCost": 1.43}
    ended = await the_transaction(tool)
    assert ended["chargeDetailRecord"]["totalInclVat"] == ended["cost"]["totalInclVat"] == "1.43"
