"""What real stations get wrong: refused by the letter, understood and named where the station is set lenient."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.events import Station, StationDay, Transaction
from tests.api.ocpp.line import Line, Refused, record

START = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": "2026-11-20T11:00:00Z"}
STOP = {"transactionId": 1, "meterStop": 1100, "timestamp": "2026-11-20T11:30:00Z"}
SAMPLE = {"timestamp": "2026-11-20T11:10:00Z", "sampledValue": [{"value": "500"}]}

ODD: list[tuple[str, dict[str, Any], str]] = [
    ("StatusNotification", {"connectorId": 1, "errorCode": "Error", "status": "Faulted"}, "errorCode"),
    ("StatusNotification", {"connectorId": "1", "errorCode": "NoError", "status": "Available"}, "connectorId"),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", "x": 1}, "x"),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", "info": None}, "info"),
    ("MeterValues", {"connectorId": 1, "meterValue": [{**SAMPLE, "sampledValue": []}]}, "sampledValue"),
    ("MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [{"value": 500}]}]}, "timestamp"),
    ("StartTransaction", {**START, "idTag": "A" * 30}, "idTag"),
    ("StartTransaction", {**START, "meterStart": "100"}, "meterStart"),
    ("StopTransaction", {**STOP, "reason": "Whatever"}, "reason"),
    ("StopTransaction", {**STOP, "meterStop": 1100.0, "timestamp": "0"}, "timestamp"),
]


async def lenient(line: Line) -> Line:
    await record(
        line.node,
        Station.stream(line.station_id),
        Station,
        lambda station: station.set_options(lenient=True, assumed_version=None, at=line.node.clock()),
    )
    await line.session.load()
    return line


@pytest.mark.parametrize(("action", "payload", "where"), ODD, ids=[f"{a}-{w}" for a, _, w in ODD])
async def test_an_odd_message_is_refused_or_understood(
    v16: Line, action: str, payload: dict[str, Any], where: str
) -> None:
    assert isinstance(await v16.call(action, payload), Refused)
    await lenient(v16)
    answer = await v16.call(action, payload)
    assert not isinstance(answer, Refused)
    [repaired] = v16.all(StationDay.MessageRepaired)
    assert repaired.action == action
    assert any(where in repair for repair in repaired.repairs)


async def test_a_faultless_message_of_a_lenient_station_is_not_repaired(v16: Line) -> None:
    await lenient(v16)
    await v16.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    # A time without a zone, and a fraction that is none, are read as they are from anybody.
    await v16.call("StartTransaction", {**START, "timestamp": "2026-11-20T11:00:00", "meterStart": 100.0})
    assert v16.all(StationDay.MessageRepaired) == []


async def test_what_counts_for_the_bill_is_the_same_as_if_it_had_been_right(v16: Line) -> None:
    await lenient(v16)
    number = (await v16.call("StartTransaction", {**START, "meterStart": "100"}))["transactionId"]
    await v16.call("StopTransaction", {**STOP, "transactionId": str(number), "meterStop": "1100", "reason": "Odd"})
    transaction = await v16.transaction(str(number))
    assert transaction.facts.energy.wh == 1000
    assert transaction.facts.stopped_reason == "Odd"
    assert transaction.facts.usage().seconds == 1800


async def test_a_time_that_cannot_be_read_is_the_time_of_arrival(v16: Line) -> None:
    await lenient(v16)
    await v16.call("StartTransaction", {**START, "timestamp": "yesterday"})
    [started] = v16.all(Transaction.Started)
    assert started.occurred_at == v16.node.clock()


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StartTransaction", {k: v for k, v in START.items() if k != "idTag"}),
        ("StartTransaction", {**START, "meterStart": "much"}),
        ("StartTransaction", {**START, "connectorId": None}),
        ("MeterValues", {"connectorId": 1, "meterValue": "none"}),
        ("MeterValues", []),
        ("MeterValues", None),
    ],
)
async def test_what_nobody_can_understand_is_refused_even_so(v16: Line, action: str, payload: Any) -> None:
    await lenient(v16)
    answer = await v16.call(action, payload)
    assert isinstance(answer, Refused)
    assert v16.kinds == ["day.message-refused"]


async def test_numbers_with_a_decimal_comma_are_numbers(v201: Line) -> None:
    await lenient(v201)
    value = {"timestamp": "2026-11-20T11:10:00Z", "sampledValue": [{"value": "1,5"}]}
    await v201.call("MeterValues", {"evseId": 1, "meterValue": [value]})
    [metered] = v201.all(StationDay.Metered)
    assert metered.readings[0].values[0].value == Decimal("1.5")
