"""What was asked of stations and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.events import Command
from projections.commands import commands, commands_by_id, commands_page, overdue, stream_ending
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def asked(id: str = "c-1", station: str = "CS1", action: str = "Reset", expires: float = 10) -> Command:
    command = Command.blank(Command.stream(station, id, NOON))
    command.request(
        station_id=station,
        command_id=id,
        action=action,
        payload={"type": "Soft", "n": [1.5, None]},
        typed=True,
        expires_at=at(expires),
        idempotency_key="key",
        at=at(0),
    )
    return command


def send(command: Command, minute: float = 1, answer_by: float = 2) -> None:
    command.send(
        message_id="m",
        action="Reset",
        payload={"type": "Immediate"},
        protocol="ocpp2.0.1",
        answer_by=at(answer_by),
        at=at(minute),
    )


async def row(shelf: Shelf, *told: Command) -> dict[str, Any]:
    await shelf.given(*told)
    await shelf.show(commands)
    return await shelf.row(commands, "command")


async def test_a_command_is_shown_as_it_was_asked(shelf: Shelf) -> None:
    shown = await row(shelf, asked(station="CS/1"))
    assert json.loads(shown["payload"]) == {"type": "Soft", "n": [1.5, None]}
    expected = {
        "id": "c-1",
        "station_id": "CS/1",
        "action": "Reset",
        "status": "REQUESTED",
        "sent_action": None,
        "requested_at": at(0),
        "expires_at": at(10),
        "sent_at": None,
        "ended_at": None,
        "idempotency_key": "key",
    }
    assert {name: shown[name] for name in expected} == expected


async def test_a_sent_command_shows_what_the_station_was_told(shelf: Shelf) -> None:
    command = asked()
    send(command)
    shown = await row(shelf, command)
    assert (shown["status"], shown["sent_at"], shown["answer_by"]) == ("SENT", at(1), at(2))
    assert (shown["sent_action"], json.loads(shown["sent_payload"])) == ("Reset", {"type": "Immediate"})


ENDS: list[tuple[str, Callable[[Command], Any], dict[str, Any]]] = [
    (
        "ACCEPTED",
        lambda c: c.answer({"status": "Accepted"}, accepted=True, at=at(3)),
        {"response": '{"status":"Accepted"}'},
    ),
    (
        "REJECTED",
        lambda c: c.answer({"status": "Rejected"}, accepted=False, at=at(3)),
        {"response": '{"status":"Rejected"}'},
    ),
    ("ERROR", lambda c: c.fail("the connection closed", at(3)), {"error": "the connection closed"}),
    ("TIMED_OUT", lambda c: c.time_out(at(3)), {}),
]


@pytest.mark.parametrize(("status", "end", "told"), ENDS, ids=[status for status, *_ in ENDS])
async def test_a_sent_command_ends(
    shelf: Shelf, status: str, end: Callable[[Command], Any], told: dict[str, Any]
) -> None:
    command = asked()
    send(command)
    end(command)
    shown = await row(shelf, command)
    assert (shown["status"], shown["ended_at"]) == (status, at(3))
    assert {name: shown[name] for name in ("response", "error")} == {"response": None, "error": None} | told


async def test_a_command_that_was_never_sent_expires(shelf: Shelf) -> None:
    command = asked()
    command.expire(at(11))
    shown = await row(shelf, command)
    assert (shown["status"], shown["sent_at"], shown["ended_at"]) == ("EXPIRED", None, at(11))


async def test_an_answer_after_the_time_out_tells_what_happened(shelf: Shelf) -> None:
    command = asked()
    send(command)
    command.time_out(at(3))
    await shelf.given(command)
    await shelf.show(commands)
    command.answer({"status": "Accepted"}, accepted=True, at=at(4))
    shown = await row(shelf, command)
    assert (shown["status"], shown["ended_at"]) == ("ACCEPTED", at(4))


async def test_only_what_waits_for_something_that_will_not_come_is_overdue(shelf: Shelf) -> None:
    unsent, unanswered, late, over = asked("unsent"), asked("unanswered"), asked("waits", expires=99), asked("over")
    send(unanswered)
    send(over)
    over.time_out(at(3))
    await shelf.given(unsent, unanswered, late, over)
    await shelf.show(commands)

    async def found(minute: float) -> list[str]:
        return sorted(command.id for command in await overdue(shelf.pool, at(minute)))

    assert await found(2) == []
    assert await found(3) == ["unanswered"], "it was sent, so its expiry no longer counts"
    assert await found(11) == ["unanswered", "unsent"]


async def test_commands_come_youngest_first_and_filtered(shelf: Shelf) -> None:
    sent = asked("2")
    send(sent)
    await shelf.given(asked("1"), sent, asked("3", action="ClearCache"), asked("4", station="CS2"))
    await shelf.show(commands)

    async def found(first: int = 9, after: str | None = None, **where: Any) -> list[str]:
        return [command.id for command in (await commands_page(shelf.pool, first, after, **where)).rows]

    assert await found() == ["4", "3", "2", "1"]
    assert await found(2, "4") == ["3", "2"]
    assert await found(station_id="CS1", action="Reset") == ["2", "1"]
    assert await found(status="SENT") == ["2"]
    assert set(await commands_by_id(shelf.pool, ["1", "x"])) == {"1"}


async def test_a_command_is_found_by_the_end_of_its_id_before_any_read_model_shows_it(shelf: Shelf) -> None:
    await shelf.given(asked("a-key1", station="CS"), asked("b-key1", station="CS/1"), asked("c-key2", station="CS/1"))
    async with shelf.pool.acquire() as connection:
        assert await stream_ending(connection, "CS/1", "-key1") == Command.stream("CS/1", "b-key1", NOON)
        assert await stream_ending(connection, "CS", "-key2") is None
