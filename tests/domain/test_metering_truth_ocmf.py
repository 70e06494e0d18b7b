from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.metering_truth import Doubt, Told, measure
from domain.metering_truth.ocmf import MeterError, register_wh
from domain.values import MeterReading, SampledValue, SignedValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = NOON + timedelta(hours=1)


def ocmf(*readings: dict[str, Any]) -> str:
    return f'OCMF|{json.dumps({"FV": "1.0", "PG": "T1", "RD": readings})}|{{"SD": "00"}}'


def read(rv: float, **more: Any) -> dict[str, Any]:
    return {"RV": rv, "RU": "kWh", "ST": "G", "TX": "B"} | more


BOTH = ocmf(read(100.125), {"RV": 104.5, "TX": "E"})


def test_a_reading_has_of_the_one_before_what_it_does_not_say() -> None:
    assert register_wh(BOTH, last=False) == Decimal("100125")
    assert register_wh(BOTH, last=True) == Decimal("104500")


@pytest.mark.parametrize(
    "data",
    [
        BOTH,
        BOTH.encode().hex(),
        b64encode(BOTH.encode()).decode(),
        json.dumps({"signedMeterData": b64encode(BOTH.encode()).decode(), "encodingMethod": "OCMF"}),
    ],
)
def test_it_is_found_in_whatever_it_is_wrapped(data: str) -> None:
    assert register_wh(data, last=True) == 104_500


@pytest.mark.parametrize(
    "data",
    [
        "",
        "EDL",
        "OCMF|",
        "OCMF|[]|{}",
        "OCMF|{}|{}",
        "OCMF|" + "[" * 100_000,
        "{",
        "{" * 5,
        "[]",
        '{"signedMeterData": 5}',
        ocmf(),
        ocmf(read(1, RU="furlong")),
        ocmf({"RV": "x", "RU": "kWh"}),
        ocmf({"RV": "1e999999", "RU": "kWh"}),
        ocmf({"RV": "NaN", "RU": "kWh"}),
        "ff" * 10,
    ],
)
def test_what_is_none_says_nothing(data: str) -> None:
    assert register_wh(data, last=True) is None


@pytest.mark.parametrize("wrong", [{"ST": "N"}, {"EF": "E"}])
def test_a_meter_that_says_it_is_wrong_is_not_believed(wrong: dict[str, str]) -> None:
    with pytest.raises(MeterError):
        register_wh(ocmf(read(1, **wrong)), last=True)


def signed(at: datetime, data: str, context: str) -> MeterReading:
    return MeterReading(at, (SampledValue(None, context=context, signed=SignedValue(data)),))


def test_signed_values_alone_tell_the_energy() -> None:
    begin, end = signed(NOON, BOTH, "Transaction.Begin"), signed(HOUR, BOTH, "Transaction.End")
    truth = measure(Told((begin, end), NOON, HOUR))
    assert (truth.wh, truth.source, truth.findings) == (4375, "signed-registers", ())


def test_with_a_wrong_end_the_rest_counts_and_somebody_looks() -> None:
    begin = signed(NOON, BOTH, "Transaction.Begin")
    end = signed(HOUR, ocmf(read(104.5, ST="N")), "Transaction.End")
    told = Told((begin, end), NOON, HOUR, meter_stop_wh=Decimal(104_500))
    truth = measure(told)
    assert (truth.wh, truth.source, truth.doubts) == (4375, "sampled-registers", {Doubt.METER_ERROR})
    assert truth.held
