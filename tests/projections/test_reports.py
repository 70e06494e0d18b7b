"""Reports of device models: put together of their parts, in whatever order those come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from domain.command import Command
from domain.configuration import Variable
from domain.device_model import Attribute, DeviceModelBook, VariableReport
from projections.configuration import configuration
from projections.reports import ReportRow, ReportStatus, reports, reports_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def book() -> DeviceModelBook:
    return DeviceModelBook.blank(DeviceModelBook.stream("CS1", NOON.date()))


def asked(minute: float = 0, request_id: int = 7, **base: Any) -> Command:
    id = f"c{minute}-{request_id}"
    command = Command.blank(Command.stream("CS1", id, NOON))
    command.request(
        station_id="CS1",
        command_id=id,
        action="GetBaseReport",
        payload={},
        typed=True,
        expires_at=at(60),
        idempotency_key=None,
        at=at(minute),
    )
    command.send(
        message_id="m",
        action="GetBaseReport" if base else "GetReport",
        payload={"requestId": request_id, **base},
        protocol="ocpp2.0.1",
        answer_by=at(60),
        at=at(minute),
    )
    return command


def answered(book: DeviceModelBook, outcome: str = "Accepted", request_id: int = 7) -> DeviceModelBook:
    book.trigger_event(DeviceModelBook.ReportAnswered, request_id=request_id, outcome=outcome, timestamp=at(1))
    return book


def parts(book: DeviceModelBook, *numbers: int, of: int, each: int = 1, request_id: int = 7) -> DeviceModelBook:
    """Parts of a report of so many."""
    for n in numbers:
        named = [Variable(f"V{i}", f"C{n}") for i in range(each)]
        book.trigger_event(
            DeviceModelBook.PartReported,
            request_id=request_id,
            seq_no=n,
            generated_at=at(0),
            more=n + 1 < of,
            variables=tuple(VariableReport(variable, (Attribute("1"),)) for variable in named),
            timestamp=at(2 + n / 1000),
        )
    return book


async def shown(shelf: Shelf) -> list[ReportRow]:
    await shelf.show(reports, batch=7)
    return (await reports_page(shelf.pool, 10, None)).rows


async def the_report(shelf: Shelf) -> tuple[str, int, int | None, list[int], int]:
    [row] = await shown(shelf)
    return row.status, row.received, row.last, row.missing, row.variables


async def test_a_report_is_followed_from_asking_to_the_last_part(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(asked(reportBase="FullInventory"))
    [row] = await shown(shelf)
    assert (row.base, row.asked_at, row.command_id, row.outcome, row.status) == (
        "FullInventory",
        at(0),
        "c0-7",
        None,
        ReportStatus.ASKED,
    )
    await shelf.given(answered(book), parts(book, 0, of=2))
    assert await the_report(shelf) == ("INCOMPLETE", 1, None, [], 1)
    await shelf.given(parts(book, 1, of=2))
    assert await the_report(shelf) == ("COMPLETE", 2, 1, [], 2)


@pytest.mark.parametrize("outcome", ["NotSupported", "Rejected"])
async def test_a_station_that_refuses_sends_none(shelf: Shelf, book: DeviceModelBook, outcome: str) -> None:
    await shelf.given(asked(), answered(book, outcome))
    [row] = await shown(shelf)
    assert (row.base, row.outcome, row.status) == ("Custom", outcome, "REFUSED")


async def test_a_report_of_nothing_is_complete(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(asked(), answered(book, "EmptyResultSet"))
    assert await the_report(shelf) == ("COMPLETE", 0, None, [], 0)


def _shuffled(count: int) -> list[int]:
    numbers = list(range(count))
    Random(1).shuffle(numbers)
    return numbers


@pytest.mark.parametrize("order", [list(range(200)), list(reversed(range(200))), _shuffled(200)])
async def test_two_hundred_parts_in_any_order_make_a_report(
    shelf: Shelf, book: DeviceModelBook, order: list[int]
) -> None:
    await shelf.given(asked(), parts(book, *order, of=200, each=10))
    await shelf.show(configuration)
    assert await the_report(shelf) == ("COMPLETE", 200, 199, [], 2000)
    assert len(await shelf.rows(configuration, "setting")) == 2000


async def test_a_part_that_is_missing_is_named(shelf: Shelf, book: DeviceModelBook) -> None:
    numbers = [n for n in range(200) if n not in (0, 17, 18)]
    await shelf.given(asked(), parts(book, *reversed(numbers), of=200))
    assert await the_report(shelf) == ("INCOMPLETE", 197, 199, [0, 17, 18], 197)
    await shelf.given(parts(book, 17, 0, 18, of=200))
    assert await the_report(shelf) == ("COMPLETE", 200, 199, [], 200)


async def test_without_its_last_part_a_report_is_not_complete(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(parts(book, *range(5), of=6))
    assert await the_report(shelf) == ("INCOMPLETE", 5, None, [], 5)


async def test_a_part_that_comes_again_counts_once(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(parts(book, 0, 0, 1, 1, 1, of=2))
    assert await the_report(shelf) == ("COMPLETE", 2, 1, [], 2)


async def test_parts_that_come_before_the_answer_to_the_request_count(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(asked(), parts(book, 0, of=1), answered(book))
    [row] = await shown(shelf)
    assert (row.status, row.outcome) == ("COMPLETE", "Accepted")


async def test_a_number_that_is_used_again_begins_another_report(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(asked(), parts(book, 0, of=1), asked(5, reportBase="SummaryInventory"))
    [row] = await shown(shelf)
    assert (row.status, row.base, row.received) == ("ASKED", "SummaryInventory", 0)


async def test_an_absurd_number_of_a_part_costs_nothing(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(parts(book, 2**31 - 1, of=0))
    [row] = await shown(shelf)
    assert (row.status, len(row.missing), row.missing[:2]) == ("INCOMPLETE", 100, [0, 1])


async def test_reports_are_found_youngest_first(shelf: Shelf, book: DeviceModelBook) -> None:
    await shelf.given(asked(1, 1), asked(2, 2), asked(3, 3), parts(book, 0, of=1, request_id=2))
    assert [row.request_id for row in await shown(shelf)] == [3, 2, 1]
    page = await reports_page(shelf.pool, 1, None, station_id="CS1", status="ASKED")
    assert ([row.request_id for row in page.rows], page.has_next) == ([3], True)
    rest = await reports_page(shelf.pool, 9, page.rows[0].id, status="ASKED")
    assert [row.request_id for row in rest.rows] == [1]


async def test_a_number_that_ocpp_does_not_have_is_no_report(shelf: Shelf) -> None:
    await shelf.given(asked(request_id=2**63, reportBase="FullInventory"))
    assert await shown(shelf) == []
    assert await shelf.parked(reports) == []
