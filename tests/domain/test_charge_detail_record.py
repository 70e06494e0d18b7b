"""Bills are issued once; what is put right later takes their place, and what is doubtful waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.charge_detail_record import ChargeDetailRecord, NotHeld, Occasion, Settlement
from domain.metering_truth import Doubt, Finding
from domain.rating import Course, rate

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BILL = Settlement(NOON, NOON, 1000, 60, rate(Course(None, None), None))
OTHER = replace(BILL, energy_wh=2000)
ODD = replace(BILL, energy_wh=9, findings=(Finding(Doubt.NEGATIVE, "it fell", NOON),), held=True)


@pytest.fixture
def record() -> ChargeDetailRecord:
    return ChargeDetailRecord.blank(ChargeDetailRecord.stream("transaction:2026-11-20:CS1/T1"))


def told(record: ChargeDetailRecord) -> list[Any]:
    """What was decided, without the envelope."""
    return [
        (type(event).__name__, *(getattr(event, name) for name in event.DEFAULTS if name != "timestamp"))
        for event in record.collect_events()
    ]


def test_its_stream_stands_beside_that_of_its_transaction(record: ChargeDetailRecord) -> None:
    assert record.id == "charge-detail-record:2026-11-20:CS1/T1"


def test_a_bill_is_issued_once(record: ChargeDetailRecord) -> None:
    record.settle(BILL, NOON)
    record.settle(replace(BILL), NOON)
    assert told(record) == [("Issued", 1, BILL, Occasion.ENDED, None)]


def test_what_is_told_later_makes_the_next_revision(record: ChargeDetailRecord) -> None:
    for settlement in (BILL, OTHER, OTHER, BILL):
        record.settle(settlement, NOON)
    assert [event[1:4] for event in told(record)] == [
        (1, BILL, Occasion.ENDED),
        (2, OTHER, Occasion.TOLD_LATER),
        (3, BILL, Occasion.TOLD_LATER),
    ]


def test_what_is_doubtful_is_no_bill_until_it_is_released(record: ChargeDetailRecord) -> None:
    record.settle(ODD, NOON)
    record.settle(ODD, NOON)
    assert (record.revision, record.held) == (0, True)
    record.release("the meter was read by hand", NOON)
    assert told(record) == [("Held", ODD), ("Issued", 1, ODD, Occasion.RELEASED, "the meter was read by hand")]
    record.settle(ODD, NOON)
    assert told(record) == []


def test_better_facts_end_the_wait(record: ChargeDetailRecord) -> None:
    record.settle(ODD, NOON)
    record.settle(BILL, NOON)
    assert told(record)[1][:2] == ("Issued", 1)
    assert not record.held


def test_a_bill_that_becomes_doubtful_stands_until_somebody_decides(record: ChargeDetailRecord) -> None:
    record.settle(BILL, NOON)
    record.settle(ODD, NOON)
    assert (record.revision, record.held) == (1, True)
    record.release("so it was", NOON)
    assert record.revision == 2


def test_a_waiver_credits_what_was_issued(record: ChargeDetailRecord) -> None:
    record.settle(BILL, NOON)
    record.waive("the charger was broken", NOON)
    assert told(record)[1] == ("Waived", 1, "the charger was broken")
    record.settle(BILL, NOON)
    assert told(record) == [], "the same facts again do not undo it"
    record.settle(OTHER, NOON)
    assert told(record) == [("Held", OTHER)], "and others wait for a person"


def test_one_that_was_held_is_waived_without_a_credit(record: ChargeDetailRecord) -> None:
    record.settle(ODD, NOON)
    record.waive("nobody was there", NOON)
    assert told(record)[1] == ("Waived", 0, "nobody was there")
    with pytest.raises(NotHeld):
        record.release("after all", NOON)


def test_what_is_not_there_can_be_neither_released_nor_waived(record: ChargeDetailRecord) -> None:
    for decide in (record.release, record.waive):
        with pytest.raises(NotHeld):
            decide("why", NOON)
    record.settle(BILL, NOON)
    with pytest.raises(NotHeld):
        record.release("it is out already", NOON)
    record.waive("once", NOON)
    with pytest.raises(NotHeld):
        record.waive("twice", NOON)
