"""Charge detail records: rated from facts, with the tariff of the start; corrected when facts come late."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.events import Tariff, Transaction
from domain.rating import ChargeLine, PriceElement, PriceKind, Restrictions
from domain.station import TariffRef
from domain.tariff import Terms
from domain.values import AuthorizationStatus, IdToken, MeterReading, SampledValue
from projections.billing import billing, cdrs_by_id, cdrs_page, tariffs_by_id, tariffs_page, terms_of
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VAT = Decimal(19)
TERMS = Terms(
    "EUR",
    (
        PriceElement(PriceKind.ENERGY, Decimal("0.39"), VAT),
        PriceElement(PriceKind.TIME, Decimal("1.20"), VAT),
        PriceElement(PriceKind.FLAT, Decimal("0.35"), Decimal(7)),
    ),
    "day",
)
DEARER = Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal(9)),))


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def defined(*terms: Terms, id: str = "day") -> Tariff:
    tariff = Tariff.blank(Tariff.stream(id))
    for n, one in enumerate(terms):
        tariff.define(one, at(n))
    return tariff


def begun(tariff: TariffRef | None = None, id: str = "T1", station: str = "CS1", **facts: Any) -> Transaction:
    transaction = Transaction.blank(Transaction.stream(station, id, NOON))
    accepted = {"id_token": IdToken("Card"), "authorization": AuthorizationStatus.ACCEPTED}
    transaction.start(at(0), occurred_at=at(0), tariff=tariff, **{"meter_start_wh": 1000, **accepted, **facts})
    return transaction


def end(
    transaction: Transaction, minute: float = 50, wh: int | None = 13345, learned: float = 50, **facts: Any
) -> None:
    transaction.end(at(learned), occurred_at=at(minute), meter_stop_wh=wh, stopped_reason="Local", **facts)


async def cdr(shelf: Shelf) -> dict[str, Any]:
    await shelf.show(billing)
    return await shelf.row(billing, "cdr")


def lines(row: dict[str, Any]) -> list[ChargeLine]:
    return msgspec.json.decode(row["lines"], type=list[ChargeLine])


async def test_a_running_transaction_has_no_record(shelf: Shelf) -> None:
    await shelf.given(defined(TERMS), begun(TariffRef("day", 1)))
    await shelf.show(billing)
    assert await shelf.rows(billing, "cdr") == []


async def test_the_lines_of_a_record_add_up_to_its_totals(shelf: Shelf) -> None:
    transaction = begun(TariffRef("day", 1))
    end(transaction)
    await shelf.given(defined(TERMS), transaction)
    row = await cdr(shelf)
    charged = [(line.kind, line.quantity, line.amount_excl_vat, line.vat_amount) for line in lines(row)]
    assert charged == [
        (PriceKind.ENERGY, Decimal("12.345"), Decimal("4.81"), Decimal("0.91")),
        (PriceKind.TIME, Decimal(3000) / 3600, Decimal("1.00"), Decimal("0.19")),
        (PriceKind.FLAT, Decimal(1), Decimal("0.35"), Decimal("0.02")),
    ]
    totals = row["total_excl_vat"], row["total_vat"], row["total_incl_vat"]
    assert totals == (Decimal("6.16"), Decimal("1.12"), Decimal("7.28"))
    assert sum(line.amount_incl_vat for line in lines(row)) == row["total_incl_vat"]
    assert (row["currency"], row["energy_wh"], row["duration_seconds"]) == ("EUR", 12345, 3000)
    assert (row["started_at"], row["ended_at"], row["issued_at"]) == (at(0), at(50), at(50))
    assert (row["tariff_id"], row["tariff_version"], row["revision"]) == ("day", 1, 1)
    assert row["energy_source"] == "meter-start-stop"


async def test_a_price_that_changes_during_a_session_does_not_change_its_bill(shelf: Shelf) -> None:
    tariff, transaction = defined(TERMS), begun(TariffRef("day", 1))
    await shelf.given(tariff, transaction)
    await shelf.show(billing)
    tariff.define(DEARER, at(10))
    end(transaction)
    await shelf.given(tariff, transaction)
    row = await cdr(shelf)
    assert (row["tariff_version"], row["total_incl_vat"]) == (1, Decimal("7.28"))
    later = begun(TariffRef("day", 2), id="T2")
    end(later)
    await shelf.given(later)
    await shelf.show(billing)
    prices = {r["transaction_id"]: r["total_incl_vat"] for r in await shelf.rows(billing, "cdr")}
    assert prices == {"T1": Decimal("7.28"), "T2": Decimal("111.11")}


async def test_without_a_tariff_a_session_costs_an_explicit_zero(shelf: Shelf) -> None:
    transaction = begun()
    end(transaction)
    await shelf.given(transaction)
    row = await cdr(shelf)
    assert (row["total_excl_vat"], row["total_vat"], row["total_incl_vat"]) == (0, 0, 0)
    assert (row["currency"], row["tariff_id"], row["lines"], row["energy_wh"]) == (None, None, "[]", 12345)


@pytest.mark.parametrize("batch", [1, 1000])
async def test_facts_that_come_late_make_a_new_revision(shelf: Shelf, batch: int) -> None:
    transaction = begun(TariffRef("day", 1), meter_start_wh=None)
    end(transaction, wh=None)
    for minute, wh in ((1, 1000), (49, 3000)):
        sample = SampledValue(Decimal(wh))
        transaction.meter(at(60 + minute), occurred_at=at(minute), readings=(MeterReading(at(minute), (sample,)),))
    await shelf.given(defined(TERMS), transaction)
    await shelf.show(billing, batch=batch)
    row = await shelf.row(billing, "cdr")
    # Of the first reading alone the record says only that there are readings now.
    assert (row["revision"], row["energy_wh"], row["issued_at"]) == (3, 2000, at(109))
    assert row["energy_source"] == "sampled-registers"


async def test_a_corrected_end_is_billed_anew(shelf: Shelf) -> None:
    transaction = begun(TariffRef("day", 1))
    end(transaction)
    await shelf.given(defined(TERMS), transaction)
    assert (await cdr(shelf))["revision"] == 1
    end(transaction, wh=2000, learned=70)
    await shelf.given(transaction)
    row = await cdr(shelf)
    assert (row["revision"], row["energy_wh"], row["issued_at"]) == (2, 1000, at(70))


async def test_what_changes_no_amount_makes_no_revision(shelf: Shelf) -> None:
    transaction = begun(TariffRef("day", 1))
    end(transaction)
    end(transaction)  # told again
    transaction.update(at(55), occurred_at=at(20), charging_state="SuspendedEV")
    await shelf.given(defined(TERMS), transaction)
    row = await cdr(shelf)
    assert (row["revision"], row["issued_at"]) == (1, at(50))


async def test_an_end_that_comes_before_its_start_is_billed_when_the_start_is_known(shelf: Shelf) -> None:
    transaction = Transaction.blank(Transaction.stream("CS1", "T1", NOON))
    end(transaction, tariff=TariffRef("day", 1))
    await shelf.given(defined(TERMS), transaction)
    first = await cdr(shelf)
    assert (first["revision"], first["energy_wh"], first["duration_seconds"]) == (1, 0, 0)
    transaction.start(at(60), occurred_at=at(0), meter_start_wh=1000)
    await shelf.given(transaction)
    row = await cdr(shelf)
    assert (row["revision"], row["energy_wh"], row["duration_seconds"]) == (2, 12345, 3000)
    assert row["total_incl_vat"] == Decimal("7.28")


async def test_prices_that_change_with_the_clock_are_for_the_energy_of_their_time(shelf: Shelf) -> None:
    """9 kWh until 12:20 at 0.20, 3 kWh after it at 0.50; of the last 20 minutes 5 are grace, 15 cost 6.00 an hour."""
    early = Restrictions(end_time=time(12, 20))
    terms = Terms(
        "EUR",
        (
            PriceElement(PriceKind.ENERGY, Decimal("0.20"), restrictions=early),
            PriceElement(PriceKind.ENERGY, Decimal("0.50")),
            PriceElement(PriceKind.IDLE, Decimal(6), restrictions=Restrictions(min_idle_seconds=300)),
        ),
    )
    transaction = begun(TariffRef("day", 1), charging_state="Charging")
    reading = MeterReading(at(20), (SampledValue(Decimal(10_000)),))
    transaction.update(at(30), occurred_at=at(30), charging_state="SuspendedEV")
    end(transaction, wh=13_000)
    transaction.meter(at(60), occurred_at=at(20), readings=(reading,))
    await shelf.given(defined(terms), transaction)
    row = await cdr(shelf)
    charged = [(line.kind, line.quantity, line.amount_excl_vat) for line in lines(row)]
    assert charged == [
        (PriceKind.ENERGY, Decimal(9), Decimal("1.80")),
        (PriceKind.ENERGY, Decimal(3), Decimal("1.50")),
        (PriceKind.IDLE, Decimal("0.25"), Decimal("1.50")),
    ]
    assert (row["total_incl_vat"], row["energy_wh"], row["revision"]) == (Decimal("4.80"), 12_000, 2)
    assert [span.start for span in lines(row)[2].spans] == [at(35)]


async def test_records_and_tariffs_come_in_pages(shelf: Shelf) -> None:
    for station, id, ref in (("CS1", "a", None), ("CS1", "b", TariffRef("day", 1)), ("CS2", "a", None)):
        transaction = begun(ref, id=id, station=station)
        end(transaction)
        await shelf.given(*([defined(TERMS, DEARER)] if ref else []), transaction)
    await shelf.given(defined(TERMS, id="night"))
    await shelf.show(billing)

    async def found(first: int = 9, after: str | None = None, **where: Any) -> list[str]:
        return [row.id for row in (await cdrs_page(shelf.pool, first, after, **where)).rows]

    assert await found() == ["CS1/a", "CS1/b", "CS2/a"]
    assert await found(1, "CS1/a") == ["CS1/b"]
    assert await found(station_id="CS1") == ["CS1/a", "CS1/b"]
    assert await found(transaction_id="a", station_id="CS2") == ["CS2/a"]
    assert await found(tariff_id="day") == ["CS1/b"]
    by_id = await cdrs_by_id(shelf.pool, ["CS1/b", "no"])
    assert [len(row.charge_lines) for row in by_id.values()] == [3]
    latest = (await tariffs_page(shelf.pool, 9, None)).rows
    assert [(row.tariff_id, row.version) for row in latest] == [("day", 2), ("night", 1)]
    assert terms_of((await tariffs_by_id(shelf.pool, ["day"]))["day"]) == DEARER


async def test_a_session_that_was_closed_for_the_station_is_billed_as_estimated_and_again_when_its_end_comes(
    shelf: Shelf,
) -> None:
    await shelf.given(defined(TERMS))
    transaction = begun(TariffRef("day", 1))
    reading = MeterReading(at(20), (SampledValue(Decimal(3000)),))
    transaction.meter(at(20), occurred_at=at(20), readings=(reading,))
    assert transaction.close(at(90), "its connector is available")
    await shelf.given(transaction)
    closed = await cdr(shelf)
    assert (closed["revision"], closed["estimated"], closed["energy_wh"]) == (1, True, 2000)
    assert closed["duration_seconds"] == 20 * 60
    assert not transaction.close(at(91), "again")
    end(transaction)
    await shelf.given(transaction)
    healed = await cdr(shelf)
    assert (healed["revision"], healed["estimated"], healed["energy_wh"]) == (2, False, 12345)
