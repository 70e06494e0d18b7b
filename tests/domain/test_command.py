from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.command import CommandStatus
from domain.events import Command

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def command() -> Command:
    command = Command.blank(Command.stream("CS1", "c-1", NOON))
    ask(command)
    return command


def ask(command: Command) -> None:
    command.request(
        station_id="CS1",
        command_id="c-1",
        action="Reset",
        payload={"type": "Soft"},
        typed=False,
        expires_at=NOON + HOUR,
        idempotency_key="k",
        at=NOON,
    )


def send(command: Command, at: datetime = NOON) -> bool:
    return command.send(
        message_id="m", action="Reset", payload={"type": "Soft"}, protocol="ocpp1.6", answer_by=at + HOUR, at=at
    )


def test_a_command_is_requested_once(command: Command) -> None:
    ask(command)
    assert (command.version, command.status) == (1, CommandStatus.REQUESTED)


def test_a_command_is_sent_once(command: Command) -> None:
    assert send(command)
    assert not send(command)
    assert (command.version, command.status) == (2, CommandStatus.SENT)


def test_a_command_that_waited_too_long_expires_instead(command: Command) -> None:
    assert not send(command, NOON + HOUR)
    assert command.status is CommandStatus.EXPIRED
    assert not send(command)


def test_it_may_be_sent_until_then(command: Command) -> None:
    assert send(command, NOON + HOUR - timedelta(microseconds=1))


@pytest.mark.parametrize(("accepted", "status"), [(True, CommandStatus.ACCEPTED), (False, CommandStatus.REJECTED)])
def test_the_answer_ends_it(accepted: bool, status: CommandStatus, command: Command) -> None:
    send(command)
    command.answer({"status": "x"}, accepted=accepted, at=NOON)
    assert command.status is status
    # and nothing that comes later changes that
    command.answer({}, accepted=not accepted, at=NOON)
    command.fail("no", NOON)
    command.time_out(NOON)
    command.expire(NOON)
    assert (command.version, command.status) == (3, status)


def test_an_answer_after_the_time_out_still_tells_what_happened(command: Command) -> None:
    send(command)
    command.time_out(NOON)
    assert command.status is CommandStatus.TIMED_OUT
    command.answer({"status": "Accepted"}, accepted=True, at=NOON)
    assert command.status is CommandStatus.ACCEPTED


def test_what_was_not_sent_has_no_answer_and_does_not_time_out(command: Command) -> None:
    command.answer({}, accepted=True, at=NOON)
    command.time_out(NOON)
    assert (command.version, command.status) == (1, CommandStatus.REQUESTED)


def test_what_was_sent_does_not_expire(command: Command) -> None:
    send(command)
    command.expire(NOON + 2 * HOUR)
    assert command.status is CommandStatus.SENT


@pytest.mark.parametrize("sent", [False, True])
def test_it_may_fail_before_and_after_it_was_sent(sent: bool, command: Command) -> None:
    if sent:
        send(command)
    command.fail("the connection closed", NOON)
    assert command.status is CommandStatus.ERROR
    assert not send(command)
