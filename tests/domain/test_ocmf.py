"""OCMF as it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.ocmf import Unreadable, parse

PAYLOAD = (
    '{"FV":"1.0","GI":"gateway","GS":"G9","PG":"T12", "MS":"M1","RD":['
    '{"TM":"2018-07-24T13:22:04,000+0200 S","TX":"B","RV":2935.60,"RI":"1-0:1.8.0","RU":"kWh","EF":"","ST":"G"},'
    '{"TM":"2018-07-24T15:22:04,000+0200 I","TX":"E","RV":2936.10},'
    '{"RI":"1-0:2.8.0"},{"RI":"1-0:2.8.0","RV":1e1,"EF":"E"}]}'
)
SIGNED = f'OCMF|{PAYLOAD}|{{"SD":"00ff"}}'


def test_the_text_that_was_signed_is_kept_as_it_was() -> None:
    record = parse(SIGNED)
    assert record.payload == PAYLOAD.encode()
    assert (record.serial, record.pagination) == ("M1", "T12")


def test_a_reading_leaves_out_what_is_as_before_but_a_value_is_of_one_register() -> None:
    first, second, third, fourth = parse(SIGNED).readings
    assert first.at == datetime(2018, 7, 24, 11, 22, 4, tzinfo=UTC)
    assert (first.value, first.mark, first.clock) == (Decimal("2935.60"), "B", "S")
    assert str(first.value) == "2935.60"
    assert (second.register, second.unit, second.status, second.clock) == ("1-0:1.8.0", "kWh", "G", "I")
    assert (second.mark, second.value) == ("E", Decimal("2936.10"))
    assert (third.register, third.value, third.mark) == ("1-0:2.8.0", None, "E")
    assert (fourth.value, fourth.errors) == (10, "E")


def test_a_signature_says_no_more_than_it_has_to() -> None:
    signature = parse(SIGNED).signature
    assert (signature.algorithm, signature.encoding) == ("ECDSA-secp256r1-SHA256", "hex")
    assert (signature.media_type, signature.octets) == ("application/x-der", b"\x00\xff")
    base64 = parse(f'OCMF|{PAYLOAD}|{{"SD":"AP8=","SE":"base64"}}').signature
    assert base64.octets == b"\x00\xff"


def test_a_bar_within_a_text_separates_nothing() -> None:
    payload = '{"ID":"a|{b|","RD":[{"TX":"B"}]} '
    assert parse(f'OCMF|{payload}|{{"SD":"00"}}\n').payload == payload.encode()


def test_a_gateway_stands_for_a_meter_without_a_number() -> None:
    assert parse('OCMF|{"GS":"G9","RD":[{}]}|{}').serial == "G9"


@pytest.mark.parametrize(
    "time", ["2018-07-24T13:22:04,000+0200", "2018-07-24T13:22:04,000 S", "13:22 S", "yesterday S", ""]
)
def test_a_time_that_is_none_is_left_out(time: str) -> None:
    [reading] = parse(f'OCMF|{{"RD":[{{"TM":"{time}"}}]}}|{{}}').readings
    assert reading.at is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ocmf|{}|{}",
        "OCMF|",
        'OCMF|{"RD":[{}]}',
        'OCMF|{"RD":[{}]}|',
        'OCMF|{"RD":[{}]}|7',
        'OCMF|{"RD":[{}]} x|{}',
        'OCMF|{"RD":[{}]}|{} x',
        'OCMF|{"RD":[]}|{}',
        'OCMF|{"RD":{}}|{}',
        'OCMF|{"RD":[7]}|{}',
        "OCMF|{}|{}",
        "OCMF|[]|{}",
        'OCMF|{"RD":[{"RV":"7"}]}|{}',
        'OCMF|{"RD":[{"RV":true}]}|{}',
        'OCMF|{"RD":[{"RV":NaN}]}|{}',
        'OCMF|{"RD":[{"RV":1e15}]}|{}',
        'OCMF|{"RD":[{"RV":1e-10}]}|{}',
        'OCMF|{"RD":[{"RV":1e99999999999999999999}]}|{}',
        'OCMF|{"RD":[{"ST":1}]}|{}',
        'OCMF|{"MS":1,"RD":[{}]}|{}',
        'OCMF|{"ID":"\ud800","RD":[{}]}|{}',
        "OCMF|" + "[" * 100_000,
        'OCMF|{"RD":[{"RV":' + "9" * 10_000 + "}]}|{}",
    ],
)
def test_what_is_damaged_is_said_to_be(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


@pytest.mark.parametrize(
    ("data", "encoding"), [("0", "hex"), ("xx", "hex"), ("é", "base64"), ("AP8", "base64"), ("", "?")]
)
def test_so_is_a_damaged_signature(data: str, encoding: str) -> None:
    record = parse(f'OCMF|{{"RD":[{{}}]}}|{{"SD":"{data}","SE":"{encoding}"}}')
    with pytest.raises(Unreadable):
        _ = record.signature.octets
