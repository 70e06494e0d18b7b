"""GetDisplayMessages: ask which messages a station has; they come in NotifyDisplayMessages (2.0.1 O03, O04).

Typed payload: `requestId`, and `ids`?, `priority`?, `state`? to narrow it.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import reference
from domain.display_messages import DisplayMessageBook


@sent("GetDisplayMessages", "2.0.1")
def get_display_messages(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    narrowed = {"id": typed["ids"]} if typed.get("ids") else {}
    narrowed |= {name: typed[name] for name in ("priority", "state") if typed.get(name)}
    return "GetDisplayMessages", {"requestId": typed["requestId"], **narrowed}


@answered("GetDisplayMessages", "2.0.1")
async def report_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    request_id = reference(request["requestId"])
    if request_id is None:
        return
    book = await session.book(DisplayMessageBook)
    book.trigger_event(
        DisplayMessageBook.ReportAnswered,
        request_id=request_id,
        outcome=response["status"],
        ids=tuple(id for id in request.get("id", ()) if reference(id) is not None),
        priority=request.get("priority"),
        state=request.get("state"),
        timestamp=session.now,
    )
