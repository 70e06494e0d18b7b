"""A customer whom a station has cleared is taken off its local list too (2.0.1 N10.FR.02)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import asyncpg
import structlog
from eventsourcing.persistence import RecordConflictError

from api.ocpp.node import Node
from domain.command import Command
from domain.journal import Entry, load
from domain.local_list import ACCEPTED, DIFFERENTIAL, LocalListBook
from projections.customer_information import ClearedToken, cleared_tokens
from projections.local_list import ListedToken, LocalListRow, local_lists_of

log = structlog.get_logger(__name__)

_LOOK_BACK = timedelta(days=1)
"""A process may have been away when the station answered."""
_LIFETIME = timedelta(days=7)


async def clear_local_lists(node: Node, pool: asyncpg.Pool) -> None:
    """Ask for updates of the lists that still hold a token which was cleared; each is asked for once."""
    cleared = await cleared_tokens(pool, node.clock() - _LOOK_BACK)
    lists = await local_lists_of(pool, list({token.station_id for token in cleared}))
    for token in cleared:
        if (row := lists.get(token.station_id)) is None:
            continue
        listed = [one for one in row.tokens if one.id_token.casefold() == token.id_token.casefold()]
        if listed and not await _listed_since(node, token, row) and not await _ask(node, token, row, listed):
            del lists[token.station_id]  # the next version of this list is taken: the others have to wait


async def _listed_since(node: Node, token: ClearedToken, row: LocalListRow) -> bool:
    """Whether somebody has put the token on the list after it was cleared."""
    if row.last_sent_at is None or row.last_sent_at <= token.cleared_at:
        return False
    for day in {token.cleared_at.date(), row.last_sent_at.date()}:  # no other is between them
        for event in await node.journal.events(LocalListBook.stream(token.station_id, day)):
            if isinstance(event, LocalListBook.Sent) and event.timestamp > token.cleared_at:
                put = [entry.id_token.value.casefold() for entry in event.entries if entry.permission is not None]
                if event.outcome == ACCEPTED and token.id_token.casefold() in put:
                    return True
    return False


async def _ask(node: Node, token: ClearedToken, row: LocalListRow, listed: list[ListedToken]) -> bool:
    """Unless it has been asked for. Whether the next version of the list is free still."""
    command_id = _command_id(token)
    command = await load(node.journal, Command, Command.stream(token.station_id, command_id, token.cleared_at))
    entries = [{"idToken": one.id_token, "idTokenType": one.type or "Central"} for one in listed]
    now = node.clock()
    command.request(
        station_id=token.station_id,
        command_id=command_id,
        action="SendLocalList",
        payload={
            "versionNumber": row.next_version,
            "updateType": DIFFERENTIAL,
            "localAuthorizationList": entries,
        },
        typed=True,
        expires_at=now + _LIFETIME,
        idempotency_key=None,
        at=now,
    )
    events = command.collect_events()
    try:
        await node.journal.append([Entry(event) for event in events])
    except RecordConflictError:
        log.info("cleared_customers.somebody_was_faster", stream=command.id)
    version: int = command.payload["versionNumber"]
    return version < row.next_version


def _command_id(token: ClearedToken) -> str:
    """The same in every process, so that only one of them can ask; leads with the time, as all do."""
    digest = hashlib.sha256("\0".join(token[:2]).encode()).hexdigest()
    return f"{int(token.cleared_at.timestamp() * 1000):011x}{digest[:16]}"
