"""What nobody else would end is ended, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import pytest

from api.ocpp.node import Node
from app import caretaker
from app.caretaker import end_dead_connections, end_overdue_commands, take_care
from app.journal import PostgresJournal
from domain.aggregate import Aggregate
from domain.command import CommandStatus
from domain.events import Command, StationDay
from domain.journal import Entry, load
from domain.station_day import Connection
from projections.availability import availability, stations_by_id
from projections.commands import commands
from projections.runner import Runner
from tests.app.line import until

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXPIRES, ANSWER_BY = NOW + timedelta(minutes=10), NOW + timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Held:
    """A connection that this process holds."""

    def __init__(self, id: str) -> None:
        self.id = id


class World:
    """A process, its clock, and the journal under it."""

    def __init__(self, journal: PostgresJournal, pool: asyncpg.Pool) -> None:
        self.journal, self.pool, self.clock = journal, pool, Clock()
        self.node = Node("here", journal, self.clock, b"pepper")
        self._runner = Runner(journal, pool, [availability, commands])

    async def given(self, *aggregates: Aggregate) -> None:
        await self.record(*aggregates)
        await self.show()

    async def record(self, *aggregates: Aggregate) -> None:
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        position = await self.journal.append([Entry(cast(Any, event)) for event in events])
        await until(lambda: self._settled(position))

    async def _settled(self, position: int) -> bool:
        return await self.journal.head() >= position

    async def show(self) -> None:
        await self._runner.catch_up()

    async def status(self, command: Command) -> CommandStatus | None:
        return (await load(self.journal, Command, command.id)).status

    async def seen(self, node: str, ago: float) -> None:
        await self.pool.execute("INSERT INTO node VALUES ($1, now() - $2::interval)", node, timedelta(seconds=ago))

    async def online(self, station: str = "CS1") -> bool:
        await self.show()
        return (await stations_by_id(self.pool, [station]))[station].online


@pytest.fixture
def world(journal: PostgresJournal, pool: asyncpg.Pool) -> World:
    return World(journal, pool)


def asked(id: str = "c-1", *, sent: bool = False) -> Command:
    command = Command.blank(Command.stream("CS1", id, NOW))
    command.request(
        station_id="CS1",
        command_id=id,
        action="Reset",
        payload={},
        typed=False,
        expires_at=EXPIRES,
        idempotency_key=None,
        at=NOW,
    )
    if sent:
        send(command)
    return command


def send(command: Command, answer_by: datetime = ANSWER_BY, at: datetime = NOW) -> None:
    command.send(message_id="m", action="Reset", payload={}, protocol="ocpp1.6", answer_by=answer_by, at=at)


def connected(station: str = "CS1", node: str = "here", id: str = "c1") -> StationDay:
    day = StationDay.open(station, None, NOW)
    day.connect(Connection(id, node, "1.6", NOW), 0, None, NOW)
    return day


async def test_commands_that_wait_in_vain_are_ended(world: World) -> None:
    unsent, unanswered = asked("unsent"), asked("unanswered", sent=True)
    await world.given(unsent, unanswered)
    world.clock.now = EXPIRES + timedelta(seconds=6)
    await end_overdue_commands(world.node, world.pool)
    assert await world.status(unsent) is CommandStatus.EXPIRED
    assert await world.status(unanswered) is CommandStatus.TIMED_OUT
    await world.show()
    assert await caretaker.overdue(world.pool, world.clock.now) == []


async def test_a_command_that_may_still_be_answered_is_left_alone(world: World) -> None:
    unsent, sent = asked("unsent"), asked("sent", sent=True)
    await world.given(unsent, sent)
    world.clock.now = ANSWER_BY + timedelta(seconds=4)  # whoever sent it may be about to end it
    await end_overdue_commands(world.node, world.pool)
    assert await world.status(unsent) is CommandStatus.REQUESTED
    assert await world.status(sent) is CommandStatus.SENT


async def test_what_the_journal_says_counts_where_the_read_model_is_behind(world: World) -> None:
    command = asked()
    await world.given(command)
    send(command, answer_by=EXPIRES + timedelta(minutes=5), at=EXPIRES - timedelta(seconds=1))
    await world.record(command)  # and not shown
    world.clock.now = EXPIRES + timedelta(minutes=1)
    await end_overdue_commands(world.node, world.pool)
    assert await world.status(command) is CommandStatus.SENT


async def test_a_command_that_cannot_be_read_keeps_no_other_from_its_end(world: World) -> None:
    unreadable, other = asked("a"), asked("b")
    await world.given(unreadable, other)
    await world.pool.execute(
        "INSERT INTO stored_events SELECT $1, 2, 'command.of-tomorrow', '{}', max(notification_id) + 1"
        " FROM stored_events",
        unreadable.id,
    )
    world.clock.now = EXPIRES + timedelta(minutes=1)
    await end_overdue_commands(world.node, world.pool)
    assert await world.status(other) is CommandStatus.EXPIRED


async def test_several_caretakers_end_a_command_once(world: World) -> None:
    command = asked()
    await world.given(command)
    world.clock.now = EXPIRES + timedelta(minutes=1)
    await asyncio.gather(*(end_overdue_commands(world.node, world.pool) for _ in range(5)))
    topics = [event.TOPIC for event in await world.journal.events(command.id)]
    assert topics == ["command.requested", "command.expired"]


async def test_the_connections_of_a_process_that_died_end(world: World) -> None:
    await world.given(connected(node="there"))
    await world.seen("there", ago=31)
    await end_dead_connections(world.node, world.pool)
    assert not await world.online()


async def test_the_connections_of_a_process_that_lives_stay(world: World) -> None:
    await world.given(connected(node="there"))
    await world.seen("there", ago=20)
    await end_dead_connections(world.node, world.pool)
    assert await world.online()


async def test_after_a_restart_the_connections_of_the_time_before_end(world: World) -> None:
    await world.given(connected("CS1", id="of the dead"), connected("CS2", id="held"))
    world.node.connections["CS2"] = cast(Any, Held("held"))
    await end_dead_connections(world.node, world.pool)
    assert not await world.online("CS1")
    assert await world.online("CS2")


async def test_a_station_that_came_back_is_not_ended_with_its_old_connection(world: World) -> None:
    day = connected(node="there", id="old")
    await world.given(day)
    day.connect(Connection("new", "elsewhere", "1.6", NOW), 0, None, NOW)
    await world.record(day)  # and not shown
    await world.seen("there", ago=60)
    await end_dead_connections(world.node, world.pool)
    assert await world.online()


async def test_a_connection_is_ended_in_the_books_of_the_day_it_ends(world: World) -> None:
    await world.given(connected(node="there"))
    await world.seen("there", ago=60)
    world.clock.now = NOW + timedelta(days=2)
    await end_dead_connections(world.node, world.pool)
    today = await world.journal.events(StationDay.stream("CS1", world.clock.now.date()))
    assert [event.TOPIC for event in today] == ["day.opened", "day.disconnected"]
    assert not await world.online()


async def test_a_process_tells_that_it_lives(world: World) -> None:
    task = asyncio.create_task(take_care(world.node, world.pool, every=0.01))
    await until(lambda: world.pool.fetchval("SELECT count(*) FROM node WHERE node_id = 'here'"))
    before = await world.pool.fetchval("SELECT seen_at FROM node")
    await until(lambda: world.pool.fetchval("SELECT seen_at > $1 FROM node", before))
    task.cancel()


async def test_a_process_that_has_just_come_judges_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the database was away for all, all look dead to the first that is back."""
    await world.given(connected(node="there"))
    await world.seen("there", ago=31)
    task = asyncio.create_task(take_care(world.node, world.pool, every=0.01))
    await until(lambda: world.pool.fetchval("SELECT count(*) FROM node WHERE node_id = 'here'"))
    seen = await world.pool.fetchval("SELECT seen_at FROM node WHERE node_id = 'here'")
    await until(lambda: world.pool.fetchval("SELECT seen_at > $1 FROM node WHERE node_id = 'here'", seen))
    assert await world.online()
    task.cancel()
    monkeypatch.setattr(caretaker, "_LEASE", timedelta(seconds=0.2))
    task = asyncio.create_task(take_care(world.node, world.pool, every=0.01))
    await until(lambda: _offline(world))
    task.cancel()


async def _offline(world: World) -> bool:
    return not await world.online()


async def test_the_caretaker_survives_a_database_that_goes_away(world: World) -> None:
    task = asyncio.create_task(take_care(world.node, world.pool, every=0.01))
    await until(lambda: world.pool.fetchval("SELECT count(*) FROM node"))
    await world.pool.execute("ALTER TABLE node RENAME TO gone")
    await asyncio.sleep(0)
    await world.pool.execute("CREATE TABLE node (LIKE gone INCLUDING ALL)")
    await until(lambda: world.pool.fetchval("SELECT count(*) FROM node"))
    assert not task.done()
    task.cancel()
