"""How stations are configured: what was asked for, what they confirm, and where the two differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.command import Command
from domain.configuration import ChangeOutcome, ConfigurationBook, Setting, Variable
from domain.device_model import Attribute, Characteristics, DeviceModelBook, VariableReport
from domain.events import StationDay
from domain.station import Identity
from domain.station_day import DeviceEvent
from domain.values import Evse, RegistrationStatus
from projections.configuration import Entry, configuration, drifting_page, settings_page, values_by_setting
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
    return (await settings_page(shelf.pool, "CS1", 100, None)).rows


def named(entry: Entry, *fields: str) -> tuple[Any, ...]:
    return (entry.variable, *(getattr(entry, field) for field in fields))


async def entry(shelf: Shelf) -> Entry:
    [found] = await entries(shelf)
    return found


async def drifting(shelf: Shelf) -> list[tuple[str, int]]:
    page = await drifting_page(shelf.pool, 10, None)
    return [(row.station_id, row.settings) for row in page.rows]


async def test_what_a_station_reports_is_shown(shelf: Shelf, book: ConfigurationBook) -> None:
    await shelf.given(reported(book, 1, Setting(INTERVAL, "60", False), unknown=(Variable("Nothing"),)))
    assert [named(e, "confirmed", "read_only", "unknown", "reported_at") for e in await entries(shelf)] == [
        ("HeartbeatInterval", "60", False, False, at(1)),
        ("Nothing", None, None, True, at(1)),
    ]
    assert await drifting(shelf) == []


async def test_a_wish_counts_from_when_it_was_asked_for_even_if_nobody_answers(shelf: Shelf) -> None:
    await shelf.given(asked(1, value="60"))
    shown = await entry(shelf)
    assert named(shown, "desired", "asked_at", "confirmed") == ("HeartbeatInterval", "60", at(1), None)
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
    assert (shown.confirmed, shown.reboot_since, shown.drift) == ("60", at(2), False)
    await shelf.given(booted(3))
    assert (await entry(shelf)).reboot_since is None
    await shelf.given(answered(book, 4, "70", ChangeOutcome.REBOOT_REQUIRED))
    assert (await entry(shelf)).reboot_since == at(4)


async def test_a_boot_of_a_station_without_settings_is_nothing(shelf: Shelf) -> None:
    await shelf.given(booted(3))
    assert await entries(shelf) == []


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


def part(book: DeviceModelBook, minute: float, *variables: VariableReport) -> DeviceModelBook:
    told: dict[str, Any] = {"request_id": 1, "seq_no": 0, "generated_at": at(minute), "more": False}
    book.trigger_event(DeviceModelBook.PartReported, variables=variables, timestamp=at(minute), **told)
    return book


@pytest.fixture
def reports() -> DeviceModelBook:
    return DeviceModelBook.blank(DeviceModelBook.stream("CS1", NOON.date()))


THRESHOLD = Variable("OfflineThreshold", "OCPPCommCtrlr")


async def test_a_report_tells_attributes_and_characteristics(shelf: Shelf, reports: DeviceModelBook) -> None:
    what = Characteristics("integer", True, "s", Decimal("0.5"), Decimal(9), "1,2")
    attributes = (Attribute("60", "Actual", "ReadOnly", True, True), Attribute(None, "Target", "WriteOnly"))
    await shelf.given(part(reports, 1, VariableReport(THRESHOLD, attributes, what)))
    actual, target = await entries(shelf)
    assert named(actual, "component", "attribute", "confirmed", "source", "read_only", "persistent", "constant") == (
        *("OfflineThreshold", "OCPPCommCtrlr", "Actual", "60", "report"),
        *(True, True, True),
    )
    limits = (actual.data_type, actual.unit, actual.min_limit, actual.max_limit, actual.values_list)
    assert limits == ("integer", "s", Decimal("0.5"), Decimal(9), "1,2")
    assert actual.supports_monitoring
    assert named(target, "attribute", "confirmed", "mutability", "told") == (
        "OfflineThreshold",
        "Target",
        None,
        "WriteOnly",
        0,
    )


async def test_a_report_without_characteristics_leaves_those_that_are_known(
    shelf: Shelf, reports: DeviceModelBook
) -> None:
    what = Characteristics("integer", False)
    await shelf.given(part(reports, 1, VariableReport(THRESHOLD, (Attribute("60"),), what)))
    await shelf.given(part(reports, 2, VariableReport(THRESHOLD, (Attribute("70"),))))
    assert named(await entry(shelf), "confirmed", "data_type") == ("OfflineThreshold", "70", "integer")


async def test_whoever_tells_a_value_it_is_one_setting_with_a_history(
    shelf: Shelf, book: ConfigurationBook, reports: DeviceModelBook
) -> None:
    folded = Variable("OFFLINETHRESHOLD", "ocppcommctrlr")
    day = StationDay.open("CS1", None, at(0))
    event = DeviceEvent(1, at(4), "OCPPCommCtrlr", "OfflineThreshold", "90", "Delta")
    day.notify_events(at(4), 0, (event,), at(4))
    await shelf.given(part(reports, 1, VariableReport(THRESHOLD, (Attribute("60"),))))
    await shelf.given(reported(book, 2, Setting(folded, "60")), answered(book, 3, "70", ACCEPTED, folded), day)
    shown = await entry(shelf)
    assert named(shown, "component", "confirmed", "source", "told_at", "drift") == (
        *("OfflineThreshold", "OCPPCommCtrlr", "90", "event"),
        *(at(4), True),
    )
    [history] = (await values_by_setting(shelf.pool, [shown.id])).values()
    told = [(row.value, row.source, row.told_at) for row in history]
    assert told == [("90", "event", at(4)), ("70", "change", at(3)), ("60", "report", at(1))]


async def test_the_device_model_is_searched_without_regard_to_case(shelf: Shelf, reports: DeviceModelBook) -> None:
    def its(component: str, variable: str, evse: int | None = None) -> VariableReport:
        named = Variable(variable, component, evse=Evse(evse) if evse else None)
        return VariableReport(named, (Attribute("1"),))

    await shelf.given(part(reports, 1, its("EVSE", "Power", 1), its("EVSE", "Power", 2), its("Box", "Power")))
    await shelf.show(configuration)

    async def found(first: int = 9, after: str | None = None, **where: Any) -> list[tuple[Any, ...]]:
        page = await settings_page(shelf.pool, "CS1", first, after, **where)
        return [(entry.component, entry.evse_id) for entry in page.rows]

    assert await found() == [("Box", None), ("EVSE", 1), ("EVSE", 2)]
    assert await found(component="evse") == [("EVSE", 1), ("EVSE", 2)]
    assert await found(variable="POWER", evse_id=2) == [("EVSE", 2)]
    assert await found(drift=True) == []
    page = await settings_page(shelf.pool, "CS1", 2, None)
    assert page.has_next
    assert await found(after=page.rows[-1].key) == [("EVSE", 2)]
