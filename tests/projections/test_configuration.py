"""How stations are configured: what was asked for, what they confirm, and where the two differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.command import Command
from domain.configuration import ChangeOutcome, ConfigurationBook, Setting, Variable
from domain.events import StationDay
from domain.station import Identity
from domain.values import Evse, RegistrationStatus
from projections.configuration import Entry, configuration, configuration_of, drifting_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
INTERVAL = Variable("HeartbeatInterval")
ACCEPTED, REJECTED = ChangeOutcome.ACCEPTED, ChangeOutcome.REJECTED


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def book() -> ConfigurationBook:
    return ConfigurationBook.blank(ConfigurationBook.stream("CS1", NOON.date()))


def asked(minute: float, action: str = "SetVariables", *, typed: bool = True, **change: Any) -> Command:
    command = Command.blank(Command.stream("CS1", f"c{minute}", NOON))
    command.request(
        station_id="CS1",
        command_id=f"c{minute}",
        action=action,
        payload={"variables": [{"variable": "HeartbeatInterval", **change}]},
        typed=typed,
        expires_at=at(minute + 10),
        idempotency_key=None,
        at=at(minute),
    )
    return command


def answered(
    book: ConfigurationBook, minute: float, value: str, outcome: ChangeOutcome, variable: Variable = INTERVAL
) -> ConfigurationBook:
    book.trigger_event(
        ConfigurationBook.ChangeAnswered, variable=variable, value=value, outcome=outcome, timestamp=at(minute)
    )
    return book


def reported(book: ConfigurationBook, minute: float, *settings: Setting, unknown: Any = ()) -> ConfigurationBook:
    book.trigger_event(ConfigurationBook.Reported, settings=settings, unknown=unknown, timestamp=at(minute))
    return book


def booted(minute: float) -> StationDay:
    day = StationDay.open("CS1", None, at(minute))
    day.boot(Identity("V", "M"), RegistrationStatus.ACCEPTED, 60, None, at(minute))
    return day


async def entries(shelf: Shelf) -> list[Entry]:
    await shelf.show(configuration, batch=1)
    return await configuration_of(shelf.pool, "CS1")


async def entry(shelf: Shelf) -> Entry:
    [found] = await entries(shelf)
    return found


async def drifting(shelf: Shelf) -> list[tuple[str, int]]:
    page = await drifting_page(shelf.pool, 10, None)
    return [(row.station_id, row.drifting) for row in page.rows]


async def test_what_a_station_reports_is_shown(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(reported(book, 1, Setting(INTERVAL, "60", False), unknown=(Variable("Nothing"),)))
    assert await entries(shelf) == [
        Entry("HeartbeatInterval", confirmed="60", read_only=False, reported_at=at(1)),
        Entry("Nothing", unknown=True, reported_at=at(1)),
    ]
    assert await drifting(shelf) == []


async def test_a_wish_counts_from_when_it_was_asked_for_even_if_nobody_answers(shelf: Shelf) -> None:
    await shelf.given(asked(1, value="60"))
    assert await entry(shelf) == Entry("HeartbeatInterval", desired="60", asked_at=at(1))
    assert await drifting(shelf) == [("CS1", 1)]


@pytest.mark.parametrize("command", [asked(1, "Reset"), asked(1, typed=False, value="60")])
async def test_other_commands_are_no_wishes(command: Command, shelf: Shelf) -> None:
    await shelf.given(command)
    assert await entries(shelf) == []


async def test_an_accepted_change_is_confirmed(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(asked(1, value="60"), answered(book, 2, "60", ACCEPTED))
    shown = await entry(shelf)
    assert (shown.desired, shown.confirmed, shown.outcome, shown.changed_at) == ("60", "60", "Accepted", at(2))
    assert not shown.drift
    assert await drifting(shelf) == []


@pytest.mark.parametrize("outcome", [REJECTED, ChangeOutcome.NOT_SUPPORTED])
async def test_a_refused_change_drifts_from_what_was_there(
    outcome: ChangeOutcome, shelf: Shelf, book: ConfigurationBook
) -> None:
    await shelf.given(reported(book, 0, Setting(INTERVAL, "60", False)), asked(1, value="-1"))
    await shelf.given(answered(book, 2, "-1", outcome))
    shown = await entry(shelf)
    assert (shown.desired, shown.confirmed, shown.outcome, shown.drift) == ("-1", "60", outcome, True)


async def test_a_boot_is_awaited_until_it_comes(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(answered(book, 2, "60", ChangeOutcome.REBOOT_REQUIRED))
    shown = await entry(shelf)
    assert (shown.confirmed, shown.reboot_required, shown.drift) == ("60", True, False)
    await shelf.given(booted(3))
    assert not (await entry(shelf)).reboot_required


async def test_a_boot_of_a_station_without_settings_is_nothing(shelf: Shelf) -> None:
    await shelf.given(booted(3))
    assert await entries(shelf) == []
    assert await shelf.rows(configuration, "configuration") == []


async def test_a_station_that_says_something_else_later_drifts(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(asked(1, value="60"), answered(book, 2, "60", ACCEPTED))
    await shelf.given(reported(book, 3, Setting(INTERVAL, "900", False)))
    shown = await entry(shelf)
    assert (shown.desired, shown.confirmed, shown.drift) == ("60", "900", True)
    await shelf.given(reported(book, 4, unknown=(INTERVAL,)))
    shown = await entry(shelf)
    assert (shown.confirmed, shown.unknown, shown.drift) == (None, True, True)


async def test_the_spelling_of_names_and_of_booleans_is_no_difference(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(asked(1, value="true"))
    await shelf.given(reported(book, 2, Setting(Variable("HEARTBEATINTERVAL"), "TRUE", False)))
    shown = await entry(shelf)
    assert (shown.desired, shown.confirmed, shown.drift) == ("true", "TRUE", False)


async def test_the_last_wish_stands_while_an_earlier_one_is_answered(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(asked(1, value="60"), asked(2, value="90"), answered(book, 3, "60", ACCEPTED))
    shown = await entry(shelf)
    assert (shown.desired, shown.confirmed, shown.drift) == ("90", "60", True)


async def test_a_change_in_the_stations_own_words_is_a_wish_too(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(asked(1, value="60"), answered(book, 2, "60", ACCEPTED), answered(book, 4, "90", ACCEPTED))
    shown = await entry(shelf)
    assert (shown.desired, shown.confirmed, shown.drift) == ("90", "90", False)


async def test_variables_are_told_apart_by_all_their_names(shelf: Shelf, book: ConfigurationBook) -> None:
    power = Variable("Power", "Connector", "a", "left", Evse(2, 1))
    where = {"component": "connector", "instance": "a", "componentInstance": "left", "evseId": 2, "connectorId": 1}
    await shelf.given(asked(1, **{"variable": "power", "value": "7", **where}))
    await shelf.given(answered(book, 2, "7", ACCEPTED, power), answered(book, 3, "1", ACCEPTED, Variable("Power")))
    keys, of_component = await entries(shelf)
    assert (keys.variable, keys.component, keys.confirmed) == ("Power", None, "1")
    assert (of_component.evse_id, of_component.connector_id, of_component.confirmed) == (2, 1, "7")


async def test_the_wish_for_a_secret_is_not_shown(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(asked(1, **{"variable": "AuthorizationKey", "value": "s3cret"}))
    shown = await entry(shelf)
    assert shown.desired == "********"
    secret = Variable("AuthorizationKey")
    await shelf.given(answered(book, 2, "********", ACCEPTED, secret), reported(book, 3, Setting(secret, None)))
    shown = await entry(shelf)
    assert (shown.confirmed, shown.drift) == ("********", False)
    assert "s3cret" not in str(await shelf.contents(configuration))
