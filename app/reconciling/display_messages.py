"""Messages of displays: what was asked for last is what they should show. The station is asked for them first.

Left alone are messages that we never asked for, those that it has refused, and those whose time or transaction is over.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from app.reconciling.desk import Desk, Subject
from domain.display_messages import DisplayMessage
from projections.availability import availability
from projections.display_messages import DisplayMessageRow, display_messages, message_of, report_has_come, wished_of
from projections.sessions import sessions

_ACCEPTED = "Accepted"


async def reconcile(desk: Desk) -> None:
    if not (await desk.can_say("GetDisplayMessages") and await _wished(desk)):
        return
    request_id = desk.number()
    await desk.ask("GetDisplayMessages", {"requestId": request_id}, none="Unknown")
    await desk.wait_for(
        lambda: report_has_come(desk.pool, desk.station_id, request_id), "the report of displayed messages"
    )
    for row in await _wished(desk):
        if row.desired is None:
            desk.differing += 1
            await desk.mend("ClearDisplayMessage", {"id": row.message_id})
        elif row.removed_at is not None or row.confirmed is None or not _same(row.desired, row.confirmed):
            desk.differing += 1
            await desk.mend("SetDisplayMessage", _said(message_of(row.desired)))


async def _wished(desk: Desk) -> list[DisplayMessageRow]:
    running, now = {None, *await desk.running()}, desk.clock()
    found = []
    for row in await wished_of(desk.pool, desk.station_id):
        refused = row.answered_at is not None and row.outcome != _ACCEPTED
        message = message_of(row.desired or row.confirmed or "")
        over = message.transaction_id not in running or (message.ends_at is not None and message.ends_at <= now)
        if not (refused or over):
            found.append(row)
    return found


def _same(desired: str, confirmed: str) -> bool:
    """Stations may leave out fractions of seconds, and name the display that is meant when none is named."""
    wish, told = message_of(desired), message_of(confirmed)
    return _plain(wish) == _plain(told if wish.display else replace(told, display=None))


def _plain(message: DisplayMessage) -> DisplayMessage:
    starts_at, ends_at = (at and at.replace(microsecond=0) for at in (message.starts_at, message.ends_at))
    return replace(message, starts_at=starts_at, ends_at=ends_at)


def _said(message: DisplayMessage) -> dict[str, Any]:
    content, display = message.content, message.display
    said = {
        "id": message.id,
        "priority": message.priority,
        "content": _given(text=content.text, format=content.format, language=content.language),
        "state": message.state,
        "startsAt": _text(message.starts_at),
        "endsAt": _text(message.ends_at),
        "transactionId": message.transaction_id,
        "display": display
        and _given(
            component=display.component,
            componentInstance=display.instance,
            evseId=display.evse and display.evse.id,
            connectorId=display.evse and display.evse.connector_id,
        ),
    }
    return _given(**said)


def _given(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


DISPLAY_MESSAGES = Subject("displayMessages", (display_messages, sessions, availability), reconcile)
