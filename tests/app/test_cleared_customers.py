"""A token that a station has cleared is taken off its local list, once, and only off the list that it was on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import pytest

from api.ocpp.node import Node
from app.cleared_customers import clear_local_lists
from app.journal import PostgresJournal
from domain.command import Command
from domain.customer_information import CustomerInformationBook, CustomerReference
from domain.id_token import Permission
from domain.journal import Entry, load
from domain.local_list import ListEntry, LocalListBook
from domain.streams import COMMAND
from domain.values import AuthorizationStatus, IdToken
from projections.customer_information import customer_information
from projections.local_list import local_lists
from projections.runner import Runner
from tests.app.line import until

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED = Permission(AuthorizationStatus.ACCEPTED)


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


class World:
    """A process with what it is told by a station."""

    def __init__(self, journal: PostgresJournal, pool: asyncpg.Pool) -> None:
        self.journal, self.pool = journal, pool
        self.now = at(10)
        self.node = Node("here", journal, lambda: self.now, b"pepper")
        kinds = (LocalListBook, CustomerInformationBook)
        self.books: Any = [kind.blank(kind.stream("CS1", NOW.date())) for kind in kinds]
        self._runner = Runner(journal, pool, [customer_information, local_lists])

    def listed(self, minute: int, version: int, *tokens: str) -> None:
        entries = tuple(ListEntry(IdToken(token, "ISO14443"), ACCEPTED) for token in tokens)
        sent: dict[str, Any] = {"update_type": "Full", "version": version, "outcome": "Accepted", "entries": entries}
        self.books[0].trigger_event(LocalListBook.Sent, timestamp=at(minute), **sent)

    def cleared(self, minute: int, token: str, number: int = 1, outcome: str = "Accepted") -> None:
        asked = {"request_id": number, "report": False, "clear": True, "outcome": outcome, "customer": token}
        named = {"reference": CustomerReference.ID_TOKEN, "id_token": IdToken(token, "ISO14443")}
        self.books[1].trigger_event(CustomerInformationBook.RequestAnswered, timestamp=at(minute), **asked, **named)

    async def asked(self, times: int = 1) -> list[Command]:
        """What the station is asked for after so many rounds of as many processes, oldest first."""
        events = [event for book in self.books for event in book.collect_events()]
        position = await self.journal.append([Entry(cast(Any, event)) for event in events])
        await until(lambda: self._settled(position))
        await self._runner.catch_up()
        for _ in range(times):
            await asyncio.gather(*(clear_local_lists(self.node, self.pool) for _ in range(times)))
        streams = await self.journal.streams_of(COMMAND, "CS1", 20)
        return [await load(self.journal, Command, stream) for stream in reversed(streams)]

    async def _settled(self, position: int) -> bool:
        return await self.journal.head() >= position


@pytest.fixture
async def world(journal: PostgresJournal, pool: asyncpg.Pool) -> World:
    world = World(journal, pool)
    await world.asked(0)
    return world


def update(version: int, *tokens: str) -> dict[str, Any]:
    entries = [{"idToken": token, "idTokenType": "ISO14443"} for token in tokens]
    return {"versionNumber": version, "updateType": "Differential", "localAuthorizationList": entries}


async def test_it_is_taken_off_once_however_many_look(world: World) -> None:
    world.listed(1, 4, "A", "b")
    world.cleared(2, "B")
    [command] = await world.asked(3)
    assert (command.action, command.typed, command.payload) == ("SendLocalList", True, update(5, "b"))


async def test_a_token_that_is_on_no_list_needs_no_update(world: World) -> None:
    world.cleared(1, "A")
    assert await world.asked() == []
    world.listed(2, 4, "B")
    world.cleared(3, "A", 2)
    assert await world.asked() == []


async def test_a_token_that_was_put_on_the_list_since_stays_there(world: World) -> None:
    world.listed(1, 4, "A")
    world.cleared(2, "A")
    world.listed(3, 5, "a")
    assert await world.asked() == []


async def test_a_clearing_that_was_refused_or_is_long_ago_changes_nothing(world: World) -> None:
    world.listed(1, 4, "A", "B")
    world.cleared(2, "A", outcome="Invalid")
    world.cleared(3, "B", 2)
    world.now = at(3) + timedelta(days=1)
    assert await world.asked() == []


async def test_two_updates_of_a_list_do_not_share_a_version(world: World) -> None:
    world.listed(1, 4, "A", "B")
    world.cleared(2, "A")
    world.cleared(3, "B", 2)
    assert [command.payload for command in await world.asked(2)] == [update(5, "A")]
    sent: dict[str, Any] = {"update_type": "Differential", "version": 5, "outcome": "Accepted"}
    entries = (ListEntry(IdToken("A", "ISO14443")),)
    world.books[0].trigger_event(LocalListBook.Sent, timestamp=at(9), entries=entries, **sent)
    assert [command.payload for command in await world.asked()] == [update(5, "A"), update(6, "B")]
