"""OCPP 2.0.1 Meter values (block J): cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.charging_v201 import Charging, sampled, the_transaction
from tests.conformance.tool import Tool, moment

_EVENTS = """query($now: String, $station: ID!) {
    events(first: 50, filter: {stationId: $station}, atLeastPosition: $now) { nodes { type data } }
}"""
SIGNED = {"signedMeterData": "T0NNRnxoZWxsbw==", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": "b2NhOg=="}


async def readings(tool: Tool, kind: str) -> list[Any]:
    """The meter readings in the station's history: measurand, value in its unit, context, signature."""
    events = (await tool.api.seen(_EVENTS, station=tool.id))["events"]["nodes"]
    told = [reading for event in events if event["type"] == kind for reading in event["data"].get("readings", ())]
    return [value for reading in told for value in reading["values"]]


async def registers(tool: Tool) -> list[float]:
    """What the operator sees of the transaction's meter, in the order of time."""
    return [value["registerWh"] for value in (await the_transaction(tool))["meterValues"]["nodes"]]


async def test_tc_j_01_csms(tool201: Tool) -> None:
    """Values by the clock, outside of any transaction, of the main meter and of an EVSE."""
    for evse in (0, 1):
        value = {"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}, "context": "Sample.Clock"}
        values = [{"timestamp": moment(), "sampledValue": [value]}]
        assert await tool201.call("MeterValues", evseId=evse, meterValue=values) == {}
    assert [float(value["value"]) for value in await readings(tool201, "day.metered")] == [1500, 1500]


async def test_tc_j_02_csms(tool201: Tool, token: str) -> None:
    """Values by the clock within a transaction."""
    charging = Charging(tool201)
    await charging.flows(token)
    for minute, wh in ((1, 1000), (2, 1600)):
        values = sampled(moment(minute), wh, context="Sample.Clock")
        assert await charging.says("Updated", "MeterValueClock", meterValue=values) == {}
    running = await the_transaction(tool201)
    assert (await registers(tool201), running["energyWh"]) == ([1000, 1600], 600)


async def test_tc_j_03_csms(tool201: Tool, token: str) -> None:
    """All values by the clock come with the end."""
    charging = Charging(tool201)
    await charging.flows(token)
    values = [sampled(moment(n), 1000 + 100 * n, context="Sample.Clock")[0] for n in range(5)]
    assert await charging.says("Ended", "EVDeparted", "Idle", meterValue=values) == {"totalCost": 0}
    ended = await the_transaction(tool201)
    assert (await registers(tool201), ended["energyWh"]) == ([1000, 1100, 1200, 1300, 1400], 400)


async def _signed(tool: Tool, token: str, context: str, trigger: str) -> None:
    """Values with their signatures, which the history keeps to the byte."""
    charging = Charging(tool)
    await charging.flows(token)
    values = sampled(moment(), 1000, context=context, signedMeterValue=SIGNED)
    assert await charging.says("Updated", trigger, meterValue=values) == {}
    [value] = await readings(tool, "transaction.metered")
    assert set(value["signed"].values()) - {""} == set(SIGNED.values()) - {""}
    assert await registers(tool) == [1000]


async def test_tc_j_04_csms(tool201: Tool, token: str) -> None:
    """Values by the clock that are signed."""
    await _signed(tool201, token, "Sample.Clock", "MeterValueClock")


async def test_tc_j_07_csms(tool201: Tool) -> None:
    """The values of the beginning come with the start."""
    begin = sampled(moment(), 1000, context="Transaction.Begin")
    assert await Charging(tool201).says("Started", "CablePluggedIn", placed=True, meterValue=begin) == {}
    assert (await the_transaction(tool201))["meterStartWh"] == 1000


async def test_tc_j_08_csms(tool201: Tool, token: str) -> None:
    """A transaction that begins nowhere has the values of its beginning when its EVSE is known."""
    charging = Charging(tool201)
    await charging.accepted("Started", "Authorized", token, "Idle")
    begin = sampled(moment(), 1000, context="Transaction.Begin")
    assert await charging.says("Updated", "CablePluggedIn", "EVConnected", placed=True, meterValue=begin) == {}
    end = sampled(moment(5), 3000, context="Transaction.End")
    await charging.says("Ended", "EVDeparted", "Idle", meterValue=end)
    ended = await the_transaction(tool201)
    assert (ended["meterStartWh"], ended["meterStopWh"], ended["energyWh"]) == (1000, 3000, 2000)


async def test_tc_j_09_csms(tool201: Tool, token: str) -> None:
    """Values of every so often, of several measurands and phases."""
    charging = Charging(tool201)
    await charging.flows(token)
    [reading] = sampled(moment(), 1000)
    reading["sampledValue"] += [
        {"value": watts, "measurand": "Power.Active.Import", "phase": phase, "unitOfMeasure": {"unit": "W"}}
        for phase, watts in (("L1", 3600), ("L2", 3500), ("L3", 3400))
    ]
    assert await charging.says("Updated", "MeterValuePeriodic", meterValue=[reading]) == {}
    [shown] = (await the_transaction(tool201))["meterValues"]["nodes"]
    assert (shown["registerWh"], shown["powerW"]) == (1000, 10500)


async def test_tc_j_10_csms(tool201: Tool, token: str) -> None:
    """The values of the end, and those of every so often once more, come with the end."""
    charging = Charging(tool201)
    await charging.flows(token)
    between = sampled(moment(1), 1500)
    await charging.says("Updated", "MeterValuePeriodic", meterValue=between)
    series = [
        *sampled(moment(), 1000, context="Transaction.Begin"),
        *between,
        *sampled(moment(2), 2000, context="Transaction.End"),
    ]
    assert await charging.says("Ended", "EVDeparted", "Idle", meterValue=series) == {"totalCost": 0}
    ended = await the_transaction(tool201)
    assert (ended["meterStartWh"], ended["meterStopWh"], ended["energyWh"]) == (1000, 2000, 1000)
    assert await registers(tool201) == [1000, 1500, 2000]


async def test_tc_j_11_csms(tool201: Tool, token: str) -> None:
    """Values of every so often that are signed."""
    await _signed(tool201, token, "Sample.Periodic", "MeterValuePeriodic")
