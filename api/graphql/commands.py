# mypy: disallow_untyped_decorators=false
"""Commands: what was asked of stations, and what became of it."""

from __future__ import annotations

from datetime import datetime

import msgspec
import strawberry

from api.graphql.context import Info
from api.graphql.enums import CommandStatus
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import JSON
from api.graphql.stations import Station, station_by_id
from api.graphql.visibility import at_least
from projections.commands import CommandPart as PartOfCommand
from projections.commands import CommandRow, commands, commands_by_id, commands_page, parts_in

_json = msgspec.json.Decoder().decode
_ANSWERED = frozenset({CommandStatus.ACCEPTED, CommandStatus.REJECTED, CommandStatus.ERROR})


@strawberry.type(description="One call of a command that is too long for the station to take at once.")
class CommandPart:
    sent_payload: JSON
    sent_at: datetime
    response: JSON | None
    answered_at: datetime | None

    @classmethod
    def of(cls, part: PartOfCommand) -> CommandPart:
        return cls(
            sent_payload=part.payload, sent_at=part.sent_at, response=part.response, answered_at=part.answered_at
        )


@strawberry.type(description="What we asked of a station. It is sent at most once, and it always ends.")
class Command:
    id: strawberry.ID
    station_id: strawberry.ID
    action: str
    payload: JSON = strawberry.field(description="As it was asked for.")
    status: CommandStatus
    sent_action: str | None = strawberry.field(description="As it was said in the station's version.")
    sent_payload: JSON | None
    response: JSON | None = strawberry.field(description="The station's answer; of several parts, taken together.")
    parts: list[CommandPart] = strawberry.field(
        description="The calls it went out in, if the station takes no more at once; none if it went out in one."
    )
    error: str | None
    requested_at: datetime
    expires_at: datetime = strawberry.field(description="If it could not be sent by then, it never will be.")
    sent_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    idempotency_key: str | None

    @strawberry.field
    async def station(self, info: Info) -> Station | None:
        return await station_by_id(info, self.station_id)

    @classmethod
    def of(cls, row: CommandRow) -> Command:
        status = CommandStatus(row.status)
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            action=row.action,
            payload=_json(row.payload),
            status=status,
            sent_action=row.sent_action,
            sent_payload=_json(row.sent_payload) if row.sent_payload else None,
            response=_json(row.response) if row.response else None,
            parts=[CommandPart.of(part) for part in parts_in(row.parts)] if row.parts else [],
            error=row.error,
            requested_at=row.requested_at,
            expires_at=row.expires_at,
            sent_at=row.sent_at,
            answered_at=row.ended_at if row.sent_at and status in _ANSWERED else None,
            ended_at=row.ended_at,
            idempotency_key=row.idempotency_key,
        )


async def command_by_id(info: Info, id: str) -> Command | None:
    row = await info.context.load(commands_by_id, id)
    return Command.of(row) if row else None


@strawberry.input
class CommandFilter:
    station_id: strawberry.ID | None = None
    action: str | None = None
    status: CommandStatus | None = None


@strawberry.type
class CommandQueries:
    @strawberry.field
    async def command(self, info: Info, id: strawberry.ID, at_least_position: str | None = None) -> Command | None:
        await at_least(info, at_least_position, commands)
        return await command_by_id(info, id)

    @strawberry.field(description="Commands, youngest first.")
    async def commands(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: CommandFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[Command]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, commands)
        page = await commands_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, Command.of, lambda row: row.id)
