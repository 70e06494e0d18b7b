"""`python -m bench.rating`: what it takes to rate one session of an hour with 60 samples and a tariff of 6 elements."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from time import process_time

from domain.rating import (
    Course,
    PriceElement,
    PriceKind,
    PriceLimit,
    Restrictions,
    Sample,
    StateChange,
    Terms,
    Weekday,
    rate,
)

_START = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
_VAT = Decimal(19)
_NIGHT = Restrictions(start_time=time(17), end_time=time(6))
_WORKDAYS = Restrictions(weekdays=tuple(Weekday)[:5], max_wh=10_000)

TERMS = Terms(
    "EUR",
    (
        PriceElement(PriceKind.FLAT, Decimal("0.35"), _VAT),
        PriceElement(PriceKind.ENERGY, Decimal("0.29"), _VAT, restrictions=_NIGHT),
        PriceElement(PriceKind.ENERGY, Decimal("0.39"), _VAT, restrictions=_WORKDAYS),
        PriceElement(PriceKind.ENERGY, Decimal("0.45"), _VAT),
        PriceElement(PriceKind.TIME, Decimal("1.20"), _VAT, step_size=60),
        PriceElement(PriceKind.IDLE, Decimal("6.00"), _VAT, restrictions=Restrictions(min_idle_seconds=300)),
    ),
    time_zone="Europe/Berlin",
    max_price=PriceLimit(incl_tax=Decimal(50)),
)
COURSE = Course(
    _START,
    _START + timedelta(hours=1),
    tuple([Sample(_START + timedelta(minutes=n), Decimal(5_000_000 + 366 * n), Decimal(22_000)) for n in range(60)]),
    (StateChange(_START, "Charging"), StateChange(_START + timedelta(minutes=50), "SuspendedEV")),
)


def one_session(rounds: int = 2000) -> dict[str, float]:
    """CPU time in µs to rate a session, the best of five runs."""
    runs = []
    for _ in range(5):
        began = process_time()
        for _ in range(rounds):
            rate(COURSE, TERMS)
        runs.append((process_time() - began) / rounds * 1e6)
    return {"us_per_session": min(runs)}


if __name__ == "__main__":
    print(f"{one_session()['us_per_session']:.0f} µs")
