# mypy: disallow_untyped_decorators=false
"""Messages for the displays of stations: what they show, and having them show something else."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask, where
from api.graphql.context import Info
from api.graphql.deciding import checked, within_bounds
from api.graphql.errors import bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import INT_MAX, whole
from api.graphql.visibility import at_least
from domain.display_messages import DisplayMessage as Message
from projections.display_messages import (
    DisplayMessageRow,
    Removal,
    display_messages,
    display_messages_page,
    message_of,
)

_LONGEST_CONTENT = 512
_LONGEST_NAME = 50
_MOST_IDS = 500


@strawberry.enum(description="2.x MessagePriorityEnumType.")
class DisplayMessagePriority(Enum):
    AlwaysFront = "AlwaysFront"
    InFront = "InFront"
    NormalCycle = "NormalCycle"


@strawberry.enum(description="2.x MessageStateEnumType.")
class DisplayMessageState(Enum):
    Charging = "Charging"
    Faulted = "Faulted"
    Idle = "Idle"
    Unavailable = "Unavailable"


@strawberry.enum(description="2.x MessageFormatEnumType.")
class DisplayMessageFormat(Enum):
    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    UTF8 = "UTF8"


@strawberry.enum(
    description="ASKED: not answered yet. SHOWN: the station has it, for its time and its state. REFUSED: see outcome."
    " ENDED: its time or its transaction is over. CLEARED by us. NOT_REPORTED: the station had it, and"
    " says that it has it no more."
)
class DisplayMessageStatus(Enum):
    ASKED = "ASKED"
    SHOWN = "SHOWN"
    REFUSED = "REFUSED"
    ENDED = "ENDED"
    CLEARED = "CLEARED"
    NOT_REPORTED = "NOT_REPORTED"


@strawberry.type(description="Where it is shown and what, as OCPP spells it.")
class DisplayMessageText:
    priority: str
    state: str | None = strawberry.field(description="Only in this state of the station; null: in any.")
    starts_at: datetime | None
    ends_at: datetime | None
    transaction_id: str | None = strawberry.field(description="It goes when this transaction ends.")
    format: str
    language: str | None
    text: str
    component: str | None = strawberry.field(description="The display; null: the main one.")
    component_instance: str | None
    evse_id: int | None

    @classmethod
    def of(cls, message: Message) -> DisplayMessageText:
        display = message.display
        return cls(
            priority=message.priority,
            state=message.state,
            starts_at=message.starts_at,
            ends_at=message.ends_at,
            transaction_id=message.transaction_id,
            format=message.content.format,
            language=message.content.language,
            text=message.content.text,
            component=display.component if display else None,
            component_instance=display.instance if display else None,
            evse_id=whole(display.evse.id) if display and display.evse else None,
        )


@strawberry.type(description="A message of a station's display: what was asked for, and what the station confirms.")
class DisplayMessage:
    station_id: strawberry.ID
    message_id: int
    status: DisplayMessageStatus
    desired: DisplayMessageText | None = strawberry.field(
        description="As asked for last, whatever became of it; null if it is to go, or if we never asked for it."
    )
    confirmed: DisplayMessageText | None = strawberry.field(description="As accepted or reported last.")
    drift: bool = strawberry.field(description="What was asked for is not what the station confirms.")
    outcome: str | None = strawberry.field(description="What the station answered last, as OCPP spells it.")
    asked_at: datetime | None
    answered_at: datetime | None
    confirmed_at: datetime | None
    removed_at: datetime | None = strawberry.field(description="When we heard that it is gone.")

    @classmethod
    def at(cls, row: DisplayMessageRow, now: datetime) -> DisplayMessage:
        return cls(
            station_id=strawberry.ID(row.station_id),
            message_id=whole(row.message_id),
            status=_status(row, now),
            desired=DisplayMessageText.of(message_of(row.desired)) if row.desired else None,
            confirmed=DisplayMessageText.of(message_of(row.confirmed)) if row.confirmed else None,
            drift=row.drift,
            outcome=row.outcome,
            asked_at=row.asked_at,
            answered_at=row.answered_at,
            confirmed_at=row.confirmed_at,
            removed_at=row.removed_at,
        )


_REMOVED = {
    Removal.CLEARED: DisplayMessageStatus.CLEARED,
    Removal.TRANSACTION_ENDED: DisplayMessageStatus.ENDED,
    Removal.NOT_REPORTED: DisplayMessageStatus.NOT_REPORTED,
}


def _status(row: DisplayMessageRow, now: datetime) -> DisplayMessageStatus:
    if row.removal is not None:
        return _REMOVED[Removal(row.removal)]
    if row.confirmed is not None:
        return DisplayMessageStatus.SHOWN if row.present(now) else DisplayMessageStatus.ENDED
    return DisplayMessageStatus.ASKED if row.answered_at is None else DisplayMessageStatus.REFUSED


@strawberry.input
class DisplayMessageFilter:
    station_id: strawberry.ID | None = None
    shown: bool | None = strawberry.field(default=None, description="True: only those that stations have now.")


@strawberry.type
class DisplayMessageQueries:
    @strawberry.field(description="Messages of displays, those of a station together, by their ids.")
    async def display_messages(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: DisplayMessageFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[DisplayMessage]:
        size, key, now = page_size(first), key_of(after), info.context.services.clock()
        await at_least(info, at_least_position, display_messages)
        asked = filter or DisplayMessageFilter()
        page = await display_messages_page(
            info.context.pool, size, key, station_id=asked.station_id, present_at=now if asked.shown else None
        )
        return connection(page, lambda row: DisplayMessage.at(row, now), lambda row: row.id)


@strawberry.input(description="The component that is a display, where there are several.")
class DisplayInput:
    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None


@strawberry.input
class SetDisplayMessageInput(StationRequest):
    message_id: int | None = strawberry.field(
        default=None, description="Of this station; a message that has it already is replaced. Null: one is drawn."
    )
    priority: DisplayMessagePriority = DisplayMessagePriority.NormalCycle
    text: str = strawberry.field(description="What is shown, in the format; a URI is where to find it.")
    format: DisplayMessageFormat = DisplayMessageFormat.UTF8
    language: str | None = strawberry.field(default=None, description="RFC 5646, such as `de`.")
    state: DisplayMessageState | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = strawberry.field(default=None, description="Shown until this transaction ends.")
    display: DisplayInput | None = strawberry.field(default=None, description="Null: the main display.")


@strawberry.input
class GetDisplayMessagesInput(StationRequest):
    message_ids: list[int] = strawberry.field(default_factory=list, description="None: any.")
    priority: DisplayMessagePriority | None = None
    state: DisplayMessageState | None = None


@strawberry.input
class ClearDisplayMessageInput(StationRequest):
    message_id: int


@strawberry.type
class DisplayMessageMutations:
    @strawberry.mutation(description="Have a station show a message.")
    @refusals_as(CommandPayload)
    async def set_display_message(self, info: Info, input: SetDisplayMessageInput) -> CommandPayload:
        if not 1 <= len(input.text) <= _LONGEST_CONTENT or "\0" in input.text:
            raise bad_input("text", f"text must have 1 to {_LONGEST_CONTENT} characters, none of them NUL")
        content: dict[str, Any] = {"text": input.text, "format": input.format.value}
        if input.language is not None:
            content["language"] = checked("language", input.language, 8)
        payload = {"id": _number(input.message_id), "priority": input.priority.value, "content": content}
        if input.state is not None:
            payload["state"] = input.state.value
        if input.transaction_id is not None:
            payload["transactionId"] = checked("transactionId", input.transaction_id, 36)
        if input.display is not None:
            payload["display"] = _display(input.display)
        drawn = ("id",) if input.message_id is None else ()
        return await ask(info, input, "SetDisplayMessage", payload | _span(input), drawn=drawn)

    @strawberry.mutation(description="Ask a station for its messages; they come in `displayMessages`.")
    @refusals_as(CommandPayload)
    async def get_display_messages(self, info: Info, input: GetDisplayMessagesInput) -> CommandPayload:
        within_bounds("messageIds", len(input.message_ids), 0, _MOST_IDS)
        payload: dict[str, Any] = {"requestId": 1 + secrets.randbelow(INT_MAX)}
        if input.message_ids:
            payload["ids"] = [_number(number) for number in input.message_ids]
        if input.priority is not None:
            payload["priority"] = input.priority.value
        if input.state is not None:
            payload["state"] = input.state.value
        return await ask(info, input, "GetDisplayMessages", payload, drawn=("requestId",))

    @strawberry.mutation(description="Have a station take a message away.")
    @refusals_as(CommandPayload)
    async def clear_display_message(self, info: Info, input: ClearDisplayMessageInput) -> CommandPayload:
        return await ask(info, input, "ClearDisplayMessage", {"id": _number(input.message_id)})


def _display(input: DisplayInput) -> dict[str, Any]:
    display: dict[str, Any] = {"component": checked("component", input.component, _LONGEST_NAME)}
    if input.component_instance is not None:
        display["componentInstance"] = checked("componentInstance", input.component_instance, _LONGEST_NAME)
    return display | where(input)


def _number(message_id: int | None) -> int:
    if message_id is None:
        return 1 + secrets.randbelow(INT_MAX)
    within_bounds("messageId", message_id, 0, INT_MAX)
    return message_id


def _span(input: SetDisplayMessageInput) -> dict[str, str]:
    if input.starts_at is not None and input.ends_at is not None and input.ends_at <= input.starts_at:
        raise bad_input("endsAt", "endsAt must be after startsAt")
    ends = {"startsAt": input.starts_at, "endsAt": input.ends_at}
    return {name: _utc(name, at) for name, at in ends.items() if at is not None}


def _utc(field: str, at: datetime) -> str:
    try:
        return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        raise bad_input(field, f"{field} is out of range") from None
