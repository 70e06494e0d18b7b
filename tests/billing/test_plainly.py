"""The short way to a settlement comes to what the long one comes to, wherever it is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import event as noted
from hypothesis import strategies as st

from domain.rating import PriceElement, PriceKind, Terms
from domain.settling import settled, settled_plainly
from domain.transaction import Occurrence, Transaction
from domain.values import AuthorizationStatus, IdToken, MeterReading, SampledValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TERMS = Terms(
    "EUR",
    (
        PriceElement(PriceKind.ENERGY, Decimal("0.39"), Decimal(19), step_size=100),
        PriceElement(PriceKind.TIME, Decimal("1.20")),
        PriceElement(PriceKind.FLAT, Decimal("0.35")),
    ),
)
CONTEXTS = ["Transaction.Begin", "Sample.Periodic", "Sample.Periodic", "Transaction.End"]


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    """Mostly as they should be; one thing or another is odd now and then."""
    often = st.sampled_from([True, True, True, True, False])
    transaction = Transaction.blank(Transaction.stream("CS1", "T1", NOON))
    whole, marked = draw(often), draw(st.booleans())
    step = draw(st.sampled_from([0, 1, 50, 1000, 10**6]))
    wh = [Decimal(1000 + step * n) + draw(st.sampled_from([Decimal(0), Decimal("0.4")])) for n in range(4)]
    if not draw(often):
        wh[draw(st.integers(0, 3))] = Decimal(draw(st.integers(0, 5000)))
    moments = [at(n * 10) for n in range(4)]
    if not draw(often):
        moments[draw(st.integers(0, 3))] = at(draw(st.integers(-20, 60)))
    facts: dict[str, Any] = {"id_token": IdToken("A"), "authorization": AuthorizationStatus.ACCEPTED}
    if draw(often):
        facts["meter_start_wh"] = None if marked else int(wh[0])
    transaction.start(at(0), occurred_at=at(0), **facts)
    for n in range(4):
        if not marked and n in (0, 3) and draw(often):
            continue
        context = CONTEXTS[n] if marked and draw(often) else "Sample.Periodic"
        values = [SampledValue(wh[n], context=context), SampledValue(Decimal(7000), "Power.Active.Import", "W")]
        if not whole:
            values[0] = draw(
                st.sampled_from(
                    [
                        replace(values[0], phase="L1"),
                        replace(values[0], location="Inlet"),
                        replace(values[0], unit="kWh"),
                        replace(values[0], value=None),
                        replace(values[0], measurand="Energy.Active.Import.Interval"),
                    ]
                )
            )
        transaction.meter(moments[n], occurred_at=moments[n], readings=(MeterReading(moments[n], tuple(values)),))
    stop = None if marked and draw(often) else int(wh[3])
    ended = draw(st.sampled_from([at(30), at(30), at(31), at(25), at(-1)]))
    transaction.end(at(30), occurred_at=ended, meter_stop_wh=stop, stopped_reason="Local")
    return transaction


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(transactions(), st.sampled_from([TERMS, None]))
def test_both_ways_come_to_the_same(transaction: Transaction, terms: Terms | None) -> None:
    events: list[Occurrence] = transaction.collect_events()
    short = settled_plainly(transaction.facts, terms)
    noted("short" if short else "long")
    if short is not None:
        assert short == settled(events, terms)


def test_a_session_as_most_are_takes_the_short_way() -> None:
    for marked in (True, False):
        transaction = Transaction.blank(Transaction.stream("CS1", "T1", NOON))
        transaction.start(at(0), occurred_at=at(0), meter_start_wh=None if marked else 1000)
        for n in range(4):
            context = CONTEXTS[n] if marked else "Sample.Periodic"
            sample = SampledValue(Decimal(1000 + 100 * n), context=context)
            transaction.meter(at(n), occurred_at=at(n), readings=(MeterReading(at(n), (sample,)),))
        transaction.end(at(3), occurred_at=at(3), meter_stop_wh=None if marked else 1300, stopped_reason="Local")
        settlement = settled_plainly(transaction.facts, TERMS)
        assert settlement is not None
        assert settlement.energy_wh == 300
