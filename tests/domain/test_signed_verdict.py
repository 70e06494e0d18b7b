"""What signed values prove."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal

import pytest

from app.signatures import verify
from domain.ocmf import Record
from domain.signed_verdict import Assessment, Verdict, assess
from domain.values import SignedValue
from tests.signing_meter import Meter, reading, wrapped

METER = Meter()


def judged(*values: SignedValue, trusted: tuple[bytes, ...] = (METER.key,)) -> Assessment:
    return assess(values, trusted, verify)


def altered(value: SignedValue, old: str, new: str) -> SignedValue:
    text = b64decode(value.data).decode()
    assert text.count(old) == 1
    return wrapped(text.replace(old, new), value.public_key)


def test_begin_and_end_of_one_meter_prove_an_energy() -> None:
    found = judged(*METER.charge("100.0", "112.34567"))
    assert (found.verdict, found.reason, found.serial, found.key) == (Verdict.VALID, "", "M1", METER.key)
    assert str(found.energy_wh) == "12345.67000", "to the last digit that the meter showed"
    assert found.begin is not None
    assert found.end is not None
    assert (found.begin.value, found.end.value) == (Decimal("100.0"), Decimal("112.34567"))
    assert [one.verdict for one in found.values] == [Verdict.VALID] * 2


def test_one_digit_that_was_changed_turns_the_verdict() -> None:
    begin, end = METER.charge()
    for changed in ([altered(begin, "100.0", "100.1"), end], [begin, altered(end, "112.3456", "122.3456")]):
        found = judged(*changed)
        assert (found.verdict, found.energy_wh) == (Verdict.INVALID_SIGNATURE, None)
        assert sorted(one.verdict for one in found.values) == [Verdict.INVALID_SIGNATURE, Verdict.VALID]
    assert judged(altered(begin, "100.0", "100.00"), end).verdict is Verdict.INVALID_SIGNATURE
    assert judged(altered(begin, '" , "', '","'), end).verdict is Verdict.INVALID_SIGNATURE


def test_a_repetition_and_the_order_of_arrival_change_nothing() -> None:
    begin, end = METER.charge()
    found = judged(end, begin, end, begin)
    assert (found.verdict, found.energy_wh, len(found.values)) == (Verdict.VALID, Decimal("12345.6"), 4)


def test_one_record_may_hold_begin_and_end() -> None:
    both = METER.value("T8", reading("B", "100"), reading("R", "101"))
    assert judged(both).energy_wh == 1000
    begin = METER.value("T7", reading("B", "100"))
    assert judged(begin, both).energy_wh == 1000
    between = METER.value("T7", reading("B", "100"), reading("C", "100.5"))
    assert judged(between, both).energy_wh == 1000
    other = METER.value("T7", reading("B", "99"))
    assert judged(other, both).verdict is Verdict.NOT_CONTINUOUS


def test_a_key_that_came_along_is_not_trusted_for_that() -> None:
    sent = f"oca:base16:asn1:{METER.key.hex()}"
    begin, end = METER.value("T1", reading("B", "1"), key=sent), METER.value("T2", reading("E", "2"))
    assert judged(begin, end, trusted=()).verdict is Verdict.UNKNOWN_KEY
    assert judged(begin, end, trusted=(Meter().key,)).verdict is Verdict.OTHER_KEY
    assert judged(begin, end, trusted=(Meter().key, METER.key)).verdict is Verdict.VALID
    assert judged(begin, altered(end, '"RV": 2', '"RV": 3'), trusted=()).verdict is Verdict.INVALID_SIGNATURE
    assert judged(*METER.charge(), trusted=()).verdict is Verdict.UNKNOWN_KEY
    assert judged(*METER.charge(), trusted=(Meter().key,)).verdict is Verdict.INVALID_SIGNATURE


def test_a_garbled_key_that_came_along_hides_no_wrong_signature() -> None:
    begin, end = METER.charge()
    forged = altered(end, "112.3456", "122.3456")
    point = "04" * 65
    assert judged(begin, SignedValue(forged.data, "", "OCMF", point)).verdict is Verdict.INVALID_SIGNATURE


@pytest.mark.parametrize(
    ("pages", "verdict"),
    [
        (("T7", "T8", "T9"), Verdict.VALID),
        (("T7", "T8", "T10"), Verdict.NOT_CONTINUOUS),
        (("T7", "T7", "T8"), Verdict.NOT_CONTINUOUS),
        (("T7", "A8", "T9"), Verdict.NOT_CONTINUOUS),
        (("T7", "", "T8"), Verdict.NOT_CONTINUOUS),
        (("T9", "T8", "T7"), Verdict.NOT_CONTINUOUS),
        (("T9", "T10", "T11"), Verdict.VALID),
        (("T7", "F3", "T8"), Verdict.VALID),
    ],
)
def test_the_meters_own_count_has_no_gap(pages: tuple[str, str, str], verdict: Verdict) -> None:
    course = [reading("B", "1"), reading("C", "2"), reading("E", "3")]
    found = judged(*(METER.value(page, told) for page, told in zip(pages, course, strict=True)))
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("course", "verdict"),
    [
        ((), Verdict.INCOMPLETE),
        ((("B", "1"),), Verdict.INCOMPLETE),
        ((("B", "1"), ("C", "2")), Verdict.INCOMPLETE),
        ((("C", "1"), ("E", "2")), Verdict.INCOMPLETE),
        ((("C", "1"), ("B", "2"), ("E", "3")), Verdict.NOT_CONTINUOUS),
        ((("B", "1"), ("E", "2"), ("C", "3")), Verdict.NOT_CONTINUOUS),
        ((("B", "1"), ("E", "2"), ("E", "3")), Verdict.NOT_CONTINUOUS),
        ((("B", "1"), ("C", "4"), ("E", "3")), Verdict.NOT_CONTINUOUS),
        ((("B", "4"), ("E", "3")), Verdict.NOT_CONTINUOUS),
        ((("B", "1"), ("X", "2"), ("E", "3")), Verdict.METER_ERROR),
        *(((("B", "1"), ("S", "2"), ("T", "2"), (end, "3")), Verdict.VALID) for end in "ELRAP"),
        ((("B", "1"), ("E", "1")), Verdict.VALID),
    ],
)
def test_a_transaction_begins_first_and_ends_last(course: tuple[tuple[str, str], ...], verdict: Verdict) -> None:
    values = [METER.value(f"T{n}", reading(mark, value)) for n, (mark, value) in enumerate(course)]
    assert judged(*values).verdict is verdict


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ({"EF": "E"}, Verdict.METER_ERROR),
        ({"EF": "t"}, Verdict.METER_ERROR),
        ({"ST": "M"}, Verdict.METER_ERROR),
        ({"ST": None}, Verdict.METER_ERROR),
        ({"RV": None}, Verdict.METER_ERROR),
        ({"RU": "mOhm"}, Verdict.METER_ERROR),
        ({"RI": "1-0:2.8.0"}, Verdict.INCOMPLETE),
    ],
)
def test_what_the_meter_itself_calls_wrong_is_not_billed(fault: dict[str, str | None], verdict: Verdict) -> None:
    begin, end = METER.value("T1", reading("B", "1")), METER.value("T2", reading("E", "2", **fault))
    assert judged(begin, end).verdict is verdict


@pytest.mark.parametrize(
    ("register", "unit", "wh"),
    [
        ("1-0:1.8.0", "Wh", 1),
        ("1-0:1.8.0*198", "kWh", 1000),
        ("1-b:1.8.0", "kWh", 1000),
        ("01-00:B2.08.00*FF", "kWh", 1000),
        ("1-0:2.8.0", "kWh", None),
        ("1-0:11.8.0", "kWh", None),
        ("01-00:C2.08.00*FF", "kWh", None),
        ("1-0:1.7.0", "kWh", None),
    ],
)
def test_only_registers_of_imported_energy_count(register: str, unit: str, wh: int | None) -> None:
    values = [METER.value(f"T{n}", reading("BE"[n], f"{n}", RI=register, RU=unit)) for n in (0, 1)]
    assert judged(*values).energy_wh == wh


def test_the_register_that_the_meter_names_first_counts() -> None:
    names = "01-00:B3.08.00*FF", "01-00:B2.08.00*FF"
    begin, end = (
        METER.value(page, *(reading(mark, value, RI=name) for name, value in zip(names, values, strict=True)))
        for page, mark, values in (("T1", "B", ("0", "0")), ("T2", "E", ("5", "6")))
    )
    assert judged(begin, end).energy_wh == 5000


def test_two_meters_prove_nothing_together() -> None:
    other, twin = Meter(serial="M2"), Meter(serial="M1")
    for second in (other, twin):
        begin, end = METER.charge()[0], second.charge()[1]
        assert judged(begin, end, trusted=(METER.key, second.key)).verdict is Verdict.NOT_CONTINUOUS
    renamed = Meter(serial="M2")
    renamed.private = METER.private
    assert judged(METER.charge()[0], renamed.charge()[1]).verdict is Verdict.NOT_CONTINUOUS


def test_a_value_that_cannot_be_checked_is_never_called_valid() -> None:
    begin, end = METER.charge()
    assert judged(begin, end, SignedValue("PG1s", "", "EDL", "")).verdict is Verdict.UNSUPPORTED
    assert judged(begin, end, SignedValue("PG1s", "", "OCMF", "")).verdict is Verdict.UNREADABLE
    assert judged(begin, end, SignedValue("OCMF|{", "", "OCMF", "")).verdict is Verdict.UNREADABLE
    odd = wrapped(METER.record("T9", reading("E", "113"), SA="RSA-SHA256"))
    assert judged(begin, end, odd).verdict is Verdict.UNSUPPORTED
    garbled = wrapped(METER.record("T9", reading("E", "113"), SD="xyz"))
    assert judged(begin, end, garbled).verdict is Verdict.UNREADABLE


def test_no_character_of_what_was_signed_can_be_changed_unnoticed() -> None:
    begin, end = METER.value("T7", reading("B", "1")), METER.record("T8", reading("E", "2"))
    signed = range(len("OCMF|"), end.index("|{", len("OCMF|")))
    for place in signed:
        for other in ("", "7", end[place] * 2):
            changed = end[:place] + other + end[place + 1 :]
            if changed != end:
                found = judged(begin, wrapped(changed))
                assert found.verdict in (Verdict.INVALID_SIGNATURE, Verdict.UNREADABLE), changed
    for place in range(len(end)):
        found = judged(begin, wrapped(end[:place] + "\x7f" + end[place + 1 :]))
        assert found.energy_wh in (None, 1000)


def test_a_value_is_checked_once_however_often_it_was_told() -> None:
    tried = []

    def counted(key: bytes, record: Record) -> bool:
        tried.append(key)
        return verify(key, record)

    keys = [Meter().key.hex() for _ in range(50)]
    forged = [wrapped(METER.record("T1", reading("B", "1"), SD="00"), key) for key in keys]
    assert assess(forged * 20, (), counted).verdict is Verdict.INVALID_SIGNATURE
    assert len(tried) == 50 * 4, "each value once, with a few of the keys that came along"
