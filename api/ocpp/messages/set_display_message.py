"""SetDisplayMessage: have a message shown, or replace the one that has its id (2.0.1 O01, O02, O06).

Typed payload: a message as in `api/ocpp/displays.py`.
"""

from typing import Any

from api.ocpp.displays import message_of, message_said
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.display_messages import DisplayMessageBook


@sent("SetDisplayMessage", "2.0.1")
def set_display_message(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "SetDisplayMessage", {"message": message_said(typed)}


@answered("SetDisplayMessage", "2.0.1")
async def setting_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    message = message_of(request["message"])
    if reference(message.id) is None:
        return
    book = await session.book(DisplayMessageBook)
    book.trigger_event(
        DisplayMessageBook.SettingAnswered, message=message, outcome=response["status"], timestamp=session.now
    )
