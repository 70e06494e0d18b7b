"""Monitors, what they tell, and which alarms are not over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.configuration import Variable
from domain.events import StationDay
from domain.monitoring import CUSTOM, Clearing, Monitor, MonitoringBook, Setting
from domain.station import Identity
from domain.station_day import DeviceEvent
from domain.values import Evse, RegistrationStatus
from projections.monitoring import (
    device_events_page,
    monitoring,
    monitoring_reports_page,
    monitoring_settings,
    monitors_in,
    monitors_page,
)
from projections.monitoring_tables import DeviceEventRow, MonitorRow
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def watching(number: int, name: str = "Power", severity: int = 4, **more: Any) -> Monitor:
    return Monitor(Variable(name, "EVSE", evse=Evse(1)), "UpperThreshold", Decimal(9), severity, number, **more)


class Notes:
    """What is written about a station, minute by minute."""

    def __init__(self) -> None:
        self.book = MonitoringBook.blank(MonitoringBook.stream("CS/1", NOON.date()))
        self.day = StationDay.open("CS/1", None, NOON)
        self.minute = 0
        self.given: list[Any] = []

    def note(self, kind: Any, **told: Any) -> Notes:
        self.minute += 1
        self.book.trigger_event(kind, timestamp=at(self.minute), **told)
        self.given += self.book.collect_events()
        return self

    def set(self, *monitors: Monitor, outcome: str = "Accepted") -> Notes:
        settings = tuple(Setting(monitor, outcome) for monitor in monitors)
        return self.note(MonitoringBook.SettingsAnswered, settings=settings)

    def clear(self, number: int, outcome: str) -> Notes:
        return self.note(MonitoringBook.ClearingsAnswered, clearings=(Clearing(number, outcome),))

    def asked(self, number: int = 7, outcome: str = "Accepted", **narrowed: Any) -> Notes:
        return self.note(MonitoringBook.ReportAnswered, request_id=number, outcome=outcome, **narrowed)

    def told(self, seq_no: int, *monitors: Monitor, number: int = 7, last: bool = True) -> Notes:
        part = {"request_id": number, "seq_no": seq_no, "monitors": monitors, "last": last}
        return self.note(MonitoringBook.Reported, generated_at=NOON, **part)

    def base(self, base: str, outcome: str = "Accepted") -> Notes:
        return self.note(MonitoringBook.BaseAnswered, base=base, outcome=outcome)

    def event(self, number: int, minute: int, trigger: str = "Alerting", **told: Any) -> Notes:
        """`minute` by the station's clock."""
        event = DeviceEvent(number, at(minute), "EVSE", "Power", f"{number}", trigger, Evse(1), **told)
        self.day.notify_events(NOON, 0, (event,), at(99))
        self.given += self.day.collect_events()
        return self

    def boot(self) -> Notes:
        self.day.boot(Identity("V", "M"), RegistrationStatus.ACCEPTED, 300, None, at(99))
        self.given += self.day.collect_events()
        return self


async def show(shelf: Shelf, notes: Notes) -> None:
    given, notes.given = notes.given, []
    await shelf.record(given)
    await shelf.show(monitoring, batch=1)
    assert await shelf.parked(monitoring) == []


async def monitors(shelf: Shelf, notes: Notes, **where: Any) -> dict[int, MonitorRow]:
    await show(shelf, notes)
    page = await monitors_page(shelf.pool, 20, None, **{"station_id": "CS/1"} | where)
    return {row.monitor_id: row for row in page.rows}


async def events(shelf: Shelf, notes: Notes, **where: Any) -> list[DeviceEventRow]:
    """Oldest first."""
    await show(shelf, notes)
    return (await device_events_page(shelf.pool, 20, None, **{"station_id": "CS/1"} | where)).rows[::-1]


async def opened(shelf: Shelf, notes: Notes) -> list[int]:
    return [row.event_id for row in await events(shelf, notes, uncleared=True)]


async def test_a_monitor_that_is_set_is_shown_with_all_it_has(shelf: Shelf) -> None:
    [row] = (await monitors(shelf, Notes().set(watching(3, transaction=True, kind=CUSTOM)))).values()
    assert (row.monitor_id, row.component, row.evse_id, row.variable) == (3, "EVSE", 1, "Power")
    assert (row.type, row.value, row.severity, row.transaction) == ("UpperThreshold", Decimal(9), 4, True)
    assert (row.kind, row.confirmed_at, row.stale, row.removed_at, row.alarm_open) == (
        CUSTOM,
        at(1),
        False,
        None,
        False,
    )


async def test_one_that_was_refused_is_not(shelf: Shelf) -> None:
    assert await monitors(shelf, Notes().set(watching(3), outcome="Rejected")) == {}


@pytest.mark.parametrize(("outcome", "left"), [("Accepted", []), ("NotFound", []), ("Rejected", [3])])
async def test_one_that_is_cleared_is_gone(shelf: Shelf, outcome: str, left: list[int]) -> None:
    notes = Notes().set(watching(3)).clear(3, outcome)
    assert list(await monitors(shelf, notes)) == left
    assert list(await monitors(shelf, notes, removed=True)) == [number for number in (3,) if number not in left]


@pytest.mark.parametrize(
    ("base", "outcome", "left"),
    [
        ("All", "Accepted", [1, 2, 3, 4]),
        ("FactoryDefault", "Accepted", [2, 3, 4]),
        ("HardWiredOnly", "Accepted", [3, 4]),
        ("HardWiredOnly", "NotSupported", [1, 2, 3, 4]),
    ],
)
async def test_a_base_does_away_with_monitors(shelf: Shelf, base: str, outcome: str, left: list[int]) -> None:
    """Of the last the kind was never told."""
    kinds = (CUSTOM, "PreconfiguredMonitor", "HardWiredMonitor", None)
    notes = Notes().set(*(watching(number, kind=kind) for number, kind in enumerate(kinds, 1))).base(base, outcome)
    assert list(await monitors(shelf, notes)) == left
    settings = await monitoring_settings(shelf.pool, "CS/1")
    assert settings is not None
    assert (settings.base, settings.base_outcome) == (base if outcome == "Accepted" else None, outcome)


async def test_a_base_that_is_refused_leaves_the_one_before(shelf: Shelf) -> None:
    await show(shelf, Notes().base("All").base("HardWiredOnly", "Rejected"))
    settings = await monitoring_settings(shelf.pool, "CS/1")
    assert settings is not None
    assert (settings.base, settings.base_outcome) == ("All", "Rejected")


async def test_the_kind_is_learnt_from_an_event(shelf: Shelf) -> None:
    notes = Notes().set(watching(3)).event(1, 1, "Delta", monitor_id=3, notification_type="PreconfiguredMonitor")
    assert (await monitors(shelf, notes))[3].kind == "PreconfiguredMonitor"


async def report(shelf: Shelf, notes: Notes) -> Any:
    await show(shelf, notes)
    [row] = (await monitoring_reports_page(shelf.pool, 20, None, station_id="CS/1")).rows
    return row


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 2, 0)])
async def test_a_report_is_put_together_of_its_parts_in_any_order(shelf: Shelf, order: tuple[int, ...]) -> None:
    notes = Notes().set(watching(9)).asked()
    for seq_no in order:
        assert not (await report(shelf, notes)).complete
        assert 9 in await monitors(shelf, notes)
        notes.told(seq_no, watching(seq_no), last=seq_no == 2)
    row = await report(shelf, notes)
    assert (row.complete, row.parts, row.outcome) == (True, 3, "Accepted")
    assert [found.id for found in monitors_in(row.monitors)] == [0, 1, 2]
    assert list(await monitors(shelf, notes)) == [0, 1, 2], "what is not in a report of everything is not there"
    assert (await report(shelf, notes.told(0, watching(5)))).parts == 3, "told again"


async def test_parts_may_come_before_the_answer(shelf: Shelf) -> None:
    notes = Notes().set(watching(9)).told(0, watching(1))
    assert list(await monitors(shelf, notes)) == [1, 9]
    assert list(await monitors(shelf, notes.asked())) == [1]


@pytest.mark.parametrize("narrowed", [{"criteria": ("DeltaMonitoring",)}, {"variables": (Variable("", "EVSE"),)}])
async def test_a_narrow_report_says_nothing_of_the_others(shelf: Shelf, narrowed: Any) -> None:
    notes = Notes().set(watching(9)).asked(**narrowed).told(0, watching(1))
    assert list(await monitors(shelf, notes)) == [1, 9]


async def test_an_empty_result_is_a_report(shelf: Shelf) -> None:
    notes = Notes().set(watching(9)).asked(outcome="EmptyResultSet")
    assert (await report(shelf, notes)).complete
    assert await monitors(shelf, notes) == {}


async def test_a_refused_request_is_not(shelf: Shelf) -> None:
    notes = Notes().set(watching(9)).asked(outcome="NotSupported")
    assert not (await report(shelf, notes)).complete
    assert list(await monitors(shelf, notes)) == [9]


async def test_a_request_id_may_be_used_again(shelf: Shelf) -> None:
    notes = Notes().asked().told(0, watching(1)).asked().told(0, watching(2))
    assert [found.id for found in monitors_in((await report(shelf, notes)).monitors)] == [2]
    assert list(await monitors(shelf, notes)) == [2]


async def test_after_a_boot_monitors_are_not_sure_until_they_are_reported(shelf: Shelf) -> None:
    notes = Notes().set(watching(3)).boot()
    assert (await monitors(shelf, notes))[3].stale
    assert not (await monitors(shelf, notes.asked().told(0, watching(3))))[3].stale


async def test_an_alarm_is_open_until_it_is_cleared(shelf: Shelf) -> None:
    notes = Notes().set(watching(3, severity=2)).event(1, 1, monitor_id=3)
    [row] = await events(shelf, notes)
    assert (row.open, row.ended_at, row.severity) == (True, None, 2)
    shown = (await monitors(shelf, notes, uncleared=True))[3]
    assert (shown.alarm_at, shown.alarm_value, shown.alarm_open) == (at(1), "1", True)
    alarm, over = await events(shelf, notes.event(2, 5, monitor_id=3, cleared=True))
    assert (alarm.open, alarm.ended_at, over.open, over.cleared) == (False, at(5), None, True)
    assert await monitors(shelf, notes, uncleared=True) == {}


async def test_the_alarms_of_monitors_and_of_variables_without_one_are_told_apart(shelf: Shelf) -> None:
    notes = Notes().event(1, 1, monitor_id=3).event(2, 2, monitor_id=4).event(3, 3)
    assert await opened(shelf, notes) == [1, 2, 3]
    assert await opened(shelf, notes.event(4, 4, cleared=True)) == [1, 2]


async def test_a_second_alarm_takes_the_place_of_the_first(shelf: Shelf) -> None:
    notes = Notes().event(1, 1, monitor_id=3).event(2, 2, monitor_id=3)
    assert await opened(shelf, notes) == [2]
    assert [row.ended_at for row in await events(shelf, notes)] == [at(2), None]


async def test_an_alarm_that_comes_late_or_again_does_not_open_what_is_over(shelf: Shelf) -> None:
    notes = Notes().event(2, 2, monitor_id=3).event(3, 3, monitor_id=3, cleared=True)
    notes.event(1, 1, monitor_id=3).event(2, 2, monitor_id=3)
    assert await opened(shelf, notes) == []
    assert [row.event_id for row in await events(shelf, notes)] == [1, 2, 3]


async def test_an_event_that_is_sent_again_is_one(shelf: Shelf) -> None:
    notes = Notes().event(1, 1, monitor_id=3).event(1, 1, monitor_id=3)
    assert await opened(shelf, notes) == [1]
    assert len(await events(shelf, notes)) == 1


async def test_an_alarm_does_not_outlive_its_monitor(shelf: Shelf) -> None:
    notes = Notes().set(watching(3)).event(1, 1, monitor_id=3).clear(3, "Accepted")
    assert await opened(shelf, notes) == []
    assert not (await monitors(shelf, notes, removed=True))[3].alarm_open


async def test_events_are_found_by_what_they_are_of(shelf: Shelf) -> None:
    notes = Notes().set(watching(3, severity=5)).event(1, 1, "Periodic", monitor_id=3)
    notes.event(2, 2, "Delta", severity=9, transaction_id="tx-1").event(2**70, 3, "Delta")
    found = {
        "all": await events(shelf, notes),
        "severe": await events(shelf, notes, severity_at_most=5),
        "periodic": await events(shelf, notes, trigger="Periodic"),
        "in a transaction": await events(shelf, notes, transaction_id="tx-1"),
        "of a component": await events(shelf, notes, component="evse"),
        "of another": await events(shelf, notes, component="Connector"),
        "of a monitor": await events(shelf, notes, monitor_id=3),
        "elsewhere": await events(shelf, notes, station_id="CS/2"),
    }
    assert {name: [row.event_id for row in rows] for name, rows in found.items()} == {
        "all": [1, 2, 2**63 - 1],
        "severe": [1],
        "periodic": [1],
        "in a transaction": [2],
        "of a component": [1, 2, 2**63 - 1],
        "of another": [],
        "of a monitor": [1],
        "elsewhere": [],
    }
