from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.events import Transaction
from domain.values import Evse, MeterReading, SampledValue, SignedValue
from tests.api.ocpp.line import Line

T = "2026-11-20T12:05:00Z"
START = {"connectorId": 1, "idTag": "ABC123", "meterStart": 1500, "timestamp": "2026-11-20T12:00:00Z"}


def metered(*samples: dict[str, Any], at: str = T, **more: Any) -> dict[str, Any]:
    return {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": list(samples)}], **more}


def values(line: Line) -> tuple[SampledValue, ...]:
    readings: tuple[MeterReading, ...] = line.happened[0].readings
    return tuple(value for reading in readings for value in reading.values)


async def test_samples_of_a_transaction_are_recorded_with_it(v16: Line) -> None:
    await v16.call("StartTransaction", START)
    assert await v16.call("MeterValues", metered({"value": "1600"}, transactionId=1)) == {}
    assert v16.kinds == ["transaction.metered"]
    assert values(v16) == (SampledValue(Decimal(1600)),)
    assert (await v16.transaction("1")).facts.energy.wh == 100


async def test_samples_that_name_no_transaction_belong_to_the_one_that_runs(v16: Line) -> None:
    await v16.call("StartTransaction", START)
    assert await v16.call("MeterValues", metered({"value": "1600"})) == {}
    assert v16.kinds == ["transaction.metered"]
    # and not to one on another connector, nor to one that has ended
    await v16.call("MeterValues", {**metered({"value": "1600"}), "connectorId": 2})
    assert v16.kinds == ["day.metered"]
    await v16.call("StopTransaction", {"transactionId": 1, "meterStop": 1700, "timestamp": T})
    await v16.call("MeterValues", metered({"value": "1600"}))
    assert v16.kinds == ["day.metered"]


async def test_samples_of_the_main_meter_belong_to_the_station(v16: Line, v201: Line) -> None:
    await v16.call("MeterValues", {**metered({"value": "9"}), "connectorId": 0})
    reading = {"timestamp": T, "sampledValue": [{"value": 9}]}
    assert await v201.call("MeterValues", {"evseId": 0, "meterValue": [reading]}) == {}
    assert v16.kinds == v201.kinds == ["day.metered"]
    assert v16.happened[0].evse == v201.happened[0].evse == Evse(0)
    assert v16.happened[0].readings == v201.happened[0].readings


@pytest.mark.parametrize("number", [4711, 9223372036854775807])
async def test_samples_of_a_transaction_never_heard_of_are_kept_until_it_is(number: int, v16: Line) -> None:
    assert await v16.call("MeterValues", metered({"value": "1600"}, transactionId=number)) == {}
    assert v16.kinds == ["transaction.metered", "day.transaction-opened"]
    await v16.connect()
    stop = {"transactionId": number, "meterStop": 1700, "timestamp": "2026-11-20T13:00:00Z"}
    await v16.call("StopTransaction", stop)
    facts = (await v16.transaction(str(number))).facts
    assert (facts.energy.wh, facts.evse) == (100, Evse(1, 1))


@pytest.mark.parametrize("number", [0, -1])
async def test_a_number_that_is_none_means_the_transaction_that_runs(number: int, v16: Line) -> None:
    assert await v16.call("MeterValues", metered({"value": "1600"}, transactionId=number)) == {}
    assert v16.kinds == ["day.metered"]
    await v16.call("StartTransaction", START)
    await v16.call("MeterValues", metered({"value": "1600"}, transactionId=number))
    assert v16.kinds == ["transaction.metered"]


async def test_repeated_samples_count_once(v16: Line) -> None:
    await v16.call("StartTransaction", START)
    await v16.call("MeterValues", metered({"value": "1600"}, transactionId=1))
    await v16.connect()
    assert await v16.call("MeterValues", metered({"value": "1600"}, transactionId=1)) == {}
    assert v16.kinds == ["day.message-received"]
    assert len(v16.all(Transaction.Metered)) == 1


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ({"value": "1.5", "unit": "kWh"}, SampledValue(Decimal("1.5"), unit="kWh")),
        ({"value": "1,5", "unit": "kWh"}, SampledValue(Decimal("1.5"), unit="kWh")),
        (
            {"value": "16", "measurand": "Current.Import", "phase": "L1"},
            SampledValue(Decimal(16), "Current.Import", "A", phase="L1"),
        ),
        (
            {"value": "80", "measurand": "SoC", "location": "EV"},
            SampledValue(Decimal(80), "SoC", "Percent", location="EV"),
        ),
        (
            {"value": "30", "measurand": "Temperature", "unit": "Celcius"},
            SampledValue(Decimal(30), "Temperature", "Celsius"),
        ),
        ({"value": "", "measurand": "Voltage"}, SampledValue(None, "Voltage", "V")),
        ({"value": "NaN"}, SampledValue(None)),
        ({"value": "-"}, SampledValue(None)),
        ({"value": "1e30"}, SampledValue(None)),
        ({"value": "OCMF|{}|{}", "format": "SignedData"}, SampledValue(None, signed=SignedValue("OCMF|{}|{}"))),
    ],
)
async def test_1_6_samples_are_read(sample: dict[str, Any], expected: SampledValue, v16: Line) -> None:
    assert await v16.call("MeterValues", metered(sample)) == {}
    assert values(v16) == (expected,)


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ({"value": 1.5, "unitOfMeasure": {"unit": "kWh"}}, SampledValue(Decimal("1.5"), unit="kWh")),
        ({"value": 15, "unitOfMeasure": {"unit": "Wh", "multiplier": 2}}, SampledValue(Decimal(1500))),
        ({"value": 1500, "unitOfMeasure": {"multiplier": -3.0}}, SampledValue(Decimal("1.5"))),
        ({"value": 7, "unitOfMeasure": {"multiplier": 2000}}, SampledValue(None)),
        ({"value": 1e300}, SampledValue(None)),
        (
            {"value": 230.1, "measurand": "Voltage", "phase": "L1-N"},
            SampledValue(Decimal("230.1"), "Voltage", "V", phase="L1-N"),
        ),
        (
            {
                "value": 1,
                "signedMeterValue": {
                    "signedMeterData": "b0M=",
                    "signingMethod": "",
                    "encodingMethod": "OCMF",
                    "publicKey": "a2V5",
                },
            },
            SampledValue(Decimal(1), signed=SignedValue("b0M=", "", "OCMF", "a2V5")),
        ),
    ],
)
async def test_2_0_1_samples_are_read(sample: dict[str, Any], expected: SampledValue, v201: Line) -> None:
    reading = {"timestamp": T, "sampledValue": [sample]}
    assert await v201.call("MeterValues", {"evseId": 1, "meterValue": [reading]}) == {}
    assert values(v201) == (expected,)


async def test_a_number_with_a_million_digits_is_rounded_to_what_a_column_holds(v16: Line) -> None:
    await v16.call("MeterValues", metered({"value": "1." + "3" * 100_000}))
    [value] = values(v16)
    assert value.value is not None
    assert len(value.value.as_tuple().digits) == 28
