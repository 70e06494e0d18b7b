"""Messages for displays, from our words to the wire of 2.x and back.

Typed: `id`, `priority`, `content` of `text`, `format` and `language`?, `state`?, `startsAt`?, `endsAt`?,
`transactionId`?, `display`? of `component`, `componentInstance`?, `evseId`?, `connectorId`?.
"""

from __future__ import annotations

from typing import Any

from api.ocpp.variables import variable_asked
from api.ocpp.wire import evse, instant, timestamp
from domain.display_messages import Display, DisplayContent, DisplayMessage


def message_said(typed: dict[str, Any]) -> dict[str, Any]:
    content = typed["content"]
    said: dict[str, Any] = {
        "id": typed["id"],
        "priority": typed["priority"],
        "message": {"format": content["format"], "content": content["text"]},
    }
    if content.get("language"):
        said["message"]["language"] = content["language"]
    for ours, theirs in (("startsAt", "startDateTime"), ("endsAt", "endDateTime")):
        if typed.get(ours):
            said[theirs] = timestamp(instant(typed[ours]))
    said |= {name: typed[name] for name in ("state", "transactionId") if typed.get(name)}
    if typed.get("display"):
        said |= {"display": variable_asked(typed["display"])["component"]}
    return said


def message_of(said: dict[str, Any]) -> DisplayMessage:
    content, display = said["message"], said.get("display")
    return DisplayMessage(
        id=said["id"],
        priority=said["priority"],
        content=DisplayContent(content["content"], content["format"], content.get("language")),
        state=said.get("state"),
        starts_at=instant(said["startDateTime"]) if said.get("startDateTime") else None,
        ends_at=instant(said["endDateTime"]) if said.get("endDateTime") else None,
        transaction_id=said.get("transactionId"),
        display=display and Display(display["name"], display.get("instance"), evse(display.get("evse"))),
    )
