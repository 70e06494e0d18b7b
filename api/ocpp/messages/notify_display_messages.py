"""NotifyDisplayMessages: the messages a station has, part by part (2.0.1 O03, O04)."""

from typing import Any

from api.ocpp.displays import message_of
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import number_of
from domain.display_messages import DisplayMessageBook


@received("NotifyDisplayMessages", "2.0.1")
async def notify_display_messages(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    messages = tuple(message_of(said) for said in request.get("messageInfo", ()))
    for number in (request["requestId"], *(message.id for message in messages)):
        number_of(number)
    book = await session.book(DisplayMessageBook)
    book.trigger_event(
        DisplayMessageBook.Reported,
        request_id=request["requestId"],
        messages=messages,
        last=not request.get("tbc", False),
        timestamp=session.now,
    )
    return {}
