"""What a node hears of the rest of the network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from eventsourcing.persistence import MapperDeserialisationError

from api.ocpp.feed import follow_journal
from api.ocpp.node import Node
from domain.events import IdTokenRecord
from domain.id_token import Permission
from domain.journal import Entry, InMemoryJournal, Page
from domain.values import AuthorizationStatus, IdToken
from tests.api.ocpp.line import Clock, until


class OddJournal(InMemoryJournal):
    """Holds an event of a later release at a position that nobody can read past."""

    odd_at: int | None = None

    async def read(self, after: int, limit: int, topics: Sequence[str] | None = None) -> Page:
        page = await super().read(after, limit, topics)
        if self.odd_at is not None and after < self.odd_at <= page.position:
            raise MapperDeserialisationError("cannot read it")
        return page


async def test_an_event_that_cannot_be_read_does_not_deafen_the_node(clock: Clock) -> None:
    journal = OddJournal()
    node = Node("node-1", journal, clock, b"pepper")
    token, record = IdToken("ABC"), IdTokenRecord.blank(IdTokenRecord.stream("ABC"))

    async def set_to(status: AuthorizationStatus) -> None:
        record.set(token, Permission(status), clock())
        await journal.append([Entry(event) for event in record.collect_events()])  # type: ignore[arg-type]

    async def answer() -> AuthorizationStatus:
        known = await node.id_tokens.get(record.id)
        return known.authorize(token, clock()).status

    feed = asyncio.create_task(follow_journal(node, 0))
    await set_to(AuthorizationStatus.ACCEPTED)
    assert await answer() == "Accepted"
    journal.odd_at = len(journal.recorded) + 1
    await set_to(AuthorizationStatus.BLOCKED)  # said in the very page that cannot be read
    await until(lambda: not node.id_tokens._kept)
    assert await answer() == "Blocked"
    await set_to(AuthorizationStatus.ACCEPTED)
    await until(lambda: not node.id_tokens._kept)
    assert await answer() == "Accepted"
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)
