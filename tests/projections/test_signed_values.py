"""Signed values of transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.events import Transaction
from domain.values import MeterReading, SampledValue, SignedValue
from projections.signed_values import signed_values, signed_values_of
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGIN = SignedValue(" OCMF|{\t}\\u0041ü|{} \n", "", "OCMF", "a2V5")
END = SignedValue("OCMF|…")


def sample(signed: SignedValue | None, context: str = "Sample.Periodic") -> SampledValue:
    return SampledValue(Decimal(1), context=context, signed=signed)


def transaction() -> Transaction:
    """Two signed values, one of them told twice, among others that are not signed."""
    told = Transaction.blank(Transaction.stream("CS/1", "T", NOON))
    begin = MeterReading(NOON, (sample(None), sample(BEGIN, "Transaction.Begin"), sample(END)))
    told.start(NOON, occurred_at=NOON, readings=(begin,))
    told.meter(NOON, occurred_at=NOON, readings=(MeterReading(NOON, (sample(None),)),))
    later = NOON + timedelta(hours=1)
    told.end(NOON, occurred_at=later, readings=(begin, MeterReading(later, (sample(END, "Transaction.End"),))))
    return told


async def test_they_stand_byte_for_byte_in_the_order_in_which_they_were_told(shelf: Shelf) -> None:
    await shelf.given(transaction())
    await shelf.show(signed_values, batch=1)
    page = (await signed_values_of(shelf.pool, ["CS%2F1/T"], first=9))["CS%2F1/T"]
    assert [row.value for row in page.rows] == [BEGIN, END, BEGIN, END, END]
    assert [row.context for row in page.rows][::2] == ["Transaction.Begin", "Transaction.Begin", "Transaction.End"]
    assert page.rows[-1].at == NOON + timedelta(hours=1)
    assert not page.has_next


async def test_they_come_in_pages_and_by_transaction(shelf: Shelf) -> None:
    await shelf.given(transaction())
    await shelf.show(signed_values)
    found = await signed_values_of(shelf.pool, ["CS%2F1/T", "CS1/T"], first=2)
    assert (len(found["CS%2F1/T"].rows), found["CS%2F1/T"].has_next) == (2, True)
    assert found["CS1/T"].rows == []
    rest = await signed_values_of(shelf.pool, ["CS%2F1/T"], first=9, after=found["CS%2F1/T"].rows[-1].number)
    assert [row.value for row in rest["CS%2F1/T"].rows] == [BEGIN, END, END]


async def test_a_value_without_a_signature_leaves_no_trace(shelf: Shelf) -> None:
    plain = Transaction.blank(Transaction.stream("CS1", "T", NOON))
    plain.start(NOON, occurred_at=NOON, readings=(MeterReading(NOON, (sample(None),)),))
    await shelf.given(plain)
    await shelf.show(signed_values)
    assert await shelf.rows(signed_values, "signed_value") == []
