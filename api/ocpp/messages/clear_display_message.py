"""ClearDisplayMessage: take a message off the display (2.0.1 O05). Typed payload: its `id`."""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.display_messages import DisplayMessageBook


@sent("ClearDisplayMessage", "2.0.1")
def clear_display_message(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ClearDisplayMessage", {"id": typed["id"]}


@answered("ClearDisplayMessage", "2.0.1")
async def clearing_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    message_id = reference(request["id"])
    if message_id is None:
        return
    book = await session.book(DisplayMessageBook)
    book.trigger_event(
        DisplayMessageBook.ClearingAnswered,
        message_id=message_id,
        outcome=response["status"],
        timestamp=session.now,
    )
