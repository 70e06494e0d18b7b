"""How stations are told to reach us, slot by slot: asked for, and taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.command import Command
from domain.network import NetworkBook, NetworkProfile
from projections.network_profiles import NetworkProfileRow, network_profiles, network_profiles_of
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WISH = NetworkProfile("wss://a.test", 2, "Wired0", 30, "iot", "vpn.test")


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def book() -> NetworkBook:
    return NetworkBook.blank(NetworkBook.stream("CS1", NOON.date()))


def asked(minute: float, slot: int = 1, url: str = "wss://a.test") -> Command:
    command = Command.blank(Command.stream("CS1", f"c{minute}", NOON))
    payload = {"slot": slot, "url": url, "securityProfile": 2, "interface": "Wired0", "messageTimeout": 30}
    command.request(
        station_id="CS1",
        command_id=f"c{minute}",
        action="SetNetworkProfile",
        payload=payload | {"apn": {"apn": "iot"}, "vpn": {"server": "vpn.test"}},
        typed=True,
        expires_at=at(60),
        idempotency_key=None,
        at=at(minute),
    )
    return command


def answered(book: NetworkBook, minute: float, outcome: str, profile: NetworkProfile, slot: int = 1) -> NetworkBook:
    told = {"slot": slot, "profile": profile, "outcome": outcome}
    book.trigger_event(NetworkBook.ProfileAnswered, timestamp=at(minute), **told)
    return book


async def slots(shelf: Shelf) -> list[NetworkProfileRow]:
    await shelf.show(network_profiles, batch=1)
    return await network_profiles_of(shelf.pool, "CS1")


async def test_a_profile_is_wished_for_and_then_taken(shelf: Shelf, book: NetworkBook) -> None:
    await shelf.given(asked(1))
    [slot] = await slots(shelf)
    assert (slot.slot, slot.wanted, slot.taken, slot.asked_at, slot.outcome) == (1, WISH, None, at(1), None)
    await shelf.given(answered(book, 2, "Accepted", WISH))
    [slot] = await slots(shelf)
    assert (slot.wanted, slot.taken, slot.answered_at, slot.outcome) == (WISH, WISH, at(2), "Accepted")


async def test_a_slot_keeps_what_it_has_if_the_next_profile_is_not_taken(shelf: Shelf, book: NetworkBook) -> None:
    other = NetworkProfile("wss://b.test", 2, "Wired0", 30, "iot", "vpn.test")
    await shelf.given(asked(1), answered(book, 2, "Accepted", WISH))
    await shelf.given(asked(3, url="wss://b.test"), answered(book, 4, "Failed", other))
    [slot] = await slots(shelf)
    assert (slot.wanted, slot.taken, slot.outcome) == (other, WISH, "Failed")


async def test_a_profile_in_the_stations_own_words_is_a_wish_too(shelf: Shelf, book: NetworkBook) -> None:
    plain = NetworkProfile("wss://b.test", 1, "Wireless0", 30, version="OCPP20", transport="JSON")
    await shelf.given(asked(1, slot=3), answered(book, 2, "Rejected", plain))
    first, third = await slots(shelf)
    assert (first.slot, first.wanted, first.taken, first.outcome) == (1, plain, None, "Rejected")
    assert (third.slot, third.wanted, third.outcome) == (3, WISH, None)
