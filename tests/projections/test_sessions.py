"""One row a transaction, whatever the order in which it was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from domain.events import Transaction
from domain.station import TariffRef
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading, SampledValue
from projections.sessions import sessions, transactions_by_id, transactions_of, transactions_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Message = tuple[str, dict[str, Any]]


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def metered(minute: int, wh: int) -> tuple[MeterReading, ...]:
    return (MeterReading(at(minute), (SampledValue(Decimal(wh)),)),)


STARTED: Message = (
    "start",
    {
        "occurred_at": at(0),
        "seq_no": 0,
        "evse": Evse(2, 1),
        "id_token": IdToken("Card", "ISO14443"),
        "authorization": AuthorizationStatus.ACCEPTED,
        "charging_state": "Charging",
        "meter_start_wh": 1000,
        "remote_start_id": 7,
    },
)
METERED: Message = ("meter", {"occurred_at": at(10), "seq_no": 1, "readings": metered(10, 3000)})
UPDATED: Message = ("update", {"occurred_at": at(20), "seq_no": 2, "charging_state": "SuspendedEV"})
ENDED: Message = (
    "end",
    {"occurred_at": at(30), "seq_no": 3, "meter_stop_wh": 6000, "stopped_reason": "Local", "charging_state": "Idle"},
)


def told(*messages: Message, station: str = "CS/1", id: str = "T:1", first_at: datetime = NOON) -> Transaction:
    transaction = Transaction.blank(Transaction.stream(station, id, first_at))
    for n, (kind, facts) in enumerate(messages):
        getattr(transaction, kind)(at(n), **facts)
    return transaction


async def row(shelf: Shelf, *messages: Message) -> dict[str, Any]:
    await shelf.given(told(*messages))
    await shelf.show(sessions)
    return await shelf.row(sessions, "transaction")


async def test_a_transaction_told_in_order(shelf: Shelf) -> None:
    row_ = await row(shelf, STARTED, METERED, UPDATED, ENDED)
    expected = {
        "id": "CS%2F1/T%3A1",
        "station_id": "CS/1",
        "transaction_id": "T:1",
        "state": "ENDED",
        "evse_id": 2,
        "connector_id": 1,
        "id_token": "Card",
        "id_token_type": "ISO14443",
        "authorization_status": "Accepted",
        "started_at": at(0),
        "ended_at": at(30),
        "stopped_reason": "Local",
        "charging_state": "Idle",
        "energy_wh": 5000,
        "meter_start_wh": 1000,
        "meter_stop_wh": 6000,
        "remote_start_id": 7,
        "provisional": False,
        "recorded_at": at(3),
    }
    assert {name: row_[name] for name in expected} == expected


async def test_a_running_transaction_shows_its_energy_so_far_and_no_stop(shelf: Shelf) -> None:
    shown = await row(shelf, STARTED, METERED)
    assert (shown["state"], shown["energy_wh"], shown["ended_at"], shown["meter_stop_wh"]) == (
        "ACTIVE",
        2000,
        None,
        None,
    )


@pytest.mark.parametrize("order", list(permutations((STARTED, METERED, UPDATED, ENDED)))[1::5])
async def test_the_order_of_messages_changes_nothing(shelf: Shelf, order: tuple[Message, ...]) -> None:
    await shelf.given(told(STARTED, METERED, UPDATED, ENDED, id="in order"), told(*order, id="shuffled"))
    await shelf.show(sessions, batch=1)
    shown = [dict(r) for r in await shelf.rows(sessions, "transaction")]
    for one in shown:
        for own in ("id", "transaction_id", "stream"):
            del one[own]
    assert shown[0] == shown[1]


async def test_a_transaction_whose_start_is_missing_is_provisional(shelf: Shelf) -> None:
    shown = await row(shelf, METERED)
    assert (shown["provisional"], shown["state"], shown["started_at"]) == (True, "ACTIVE", at(10))


async def test_an_end_without_a_start_is_ended_and_provisional_until_the_start_comes(shelf: Shelf) -> None:
    transaction = told(ENDED)
    await shelf.given(transaction)
    await shelf.show(sessions)
    shown = await shelf.row(sessions, "transaction")
    assert (shown["state"], shown["provisional"], shown["energy_wh"]) == ("ENDED", True, 0)
    transaction.start(at(60), **STARTED[1])
    await shelf.given(transaction)
    await shelf.show(sessions)
    shown = await shelf.row(sessions, "transaction")
    assert (shown["state"], shown["provisional"], shown["energy_wh"]) == ("ENDED", False, 5000)
    assert shown["started_at"] == at(0)


async def test_readings_that_arrive_after_the_end_still_count(shelf: Shelf) -> None:
    transaction = told(("start", {"occurred_at": at(0)}), ("end", {"occurred_at": at(30)}))
    await shelf.given(transaction)
    await shelf.show(sessions)
    assert (await shelf.row(sessions, "transaction"))["energy_wh"] == 0
    transaction.meter(at(60), occurred_at=at(1), readings=metered(1, 100))
    transaction.meter(at(61), occurred_at=at(29), readings=metered(29, 4100))
    await shelf.given(transaction)
    await shelf.show(sessions)
    shown = await shelf.row(sessions, "transaction")
    assert (shown["state"], shown["energy_wh"], shown["recorded_at"]) == ("ENDED", 4000, at(61))


async def test_the_tariff_is_the_one_that_the_first_event_froze(shelf: Shelf) -> None:
    transaction = told(("start", {"occurred_at": at(0), "tariff": TariffRef("day", 3)}))
    transaction.update(at(1), occurred_at=at(1), tariff=TariffRef("day", 4))
    await shelf.given(transaction)
    await shelf.show(sessions)
    shown = await shelf.row(sessions, "transaction")
    assert (shown["tariff_id"], shown["tariff_version"]) == ("day", 3)


async def test_transactions_are_found_by_what_people_know_of_them(shelf: Shelf) -> None:
    await shelf.given(told(STARTED, id="a"), told(STARTED, ENDED, id="b"), told(STARTED, station="CS2", id="a"))
    await shelf.show(sessions)

    async def found(**where: Any) -> list[str]:
        return [r.id for r in (await transactions_page(shelf.pool, 9, None, **where)).rows]

    assert await found() == ["CS%2F1/a", "CS%2F1/b", "CS2/a"]
    assert await found(station_id="CS/1") == ["CS%2F1/a", "CS%2F1/b"]
    assert await found(transaction_id="a") == ["CS%2F1/a", "CS2/a"]
    assert await found(state="ENDED") == ["CS%2F1/b"]
    assert await found(id_token="cARD", evse_id=2, station_id="CS2") == ["CS2/a"]
    assert await found(id_token="other") == []
    assert set(await transactions_by_id(shelf.pool, ["CS2/a", "no"])) == {"CS2/a"}
    pages = await transactions_of(shelf.pool, ["CS/1", "CS2", "no"], first=1, after=None)
    assert {name: ([r.id for r in page.rows], page.has_next) for name, page in pages.items()} == {
        "CS/1": (["CS%2F1/a"], True),
        "CS2": (["CS2/a"], False),
        "no": ([], False),
    }
