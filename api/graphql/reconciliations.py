# mypy: disallow_untyped_decorators=false
"""Reconciliations: what a station has is compared with what it should have, and mended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from time import monotonic

import strawberry

from api.graphql.commands import Command, command_by_id
from api.graphql.context import Info, Services
from api.graphql.deciding import decide, require_known, within_bounds
from api.graphql.enums import Cause, ReconciliationStatus
from api.graphql.errors import UserError, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.stations import Station, station_by_id
from api.graphql.visibility import at_least, shown
from domain.events import Reconciliation as ReconciliationRecord
from domain.events import Station as StationRecord
from domain.journal import load
from projections.history import position_of_stream
from projections.reconciliations import (
    Found,
    ReconciliationRow,
    reconciliations,
    reconciliations_by_id,
    reconciliations_page,
)

_LONGEST_WAIT = 60
_LONGEST_LIFE = 7 * 24 * 3600


@strawberry.type(description="What was found of one subject, such as the local list.")
class ReconciliationFinding:
    subject: str
    differing: int = strawberry.field(description="How much was not as it should be.")
    problem: str | None = strawberry.field(description="Why it could not be compared, or not be mended.")
    command_ids: strawberry.Private[tuple[str, ...]]

    @strawberry.field(description="Those that were to mend it.")
    async def commands(self, info: Info) -> list[Command]:
        found = [await command_by_id(info, id) for id in self.command_ids]
        return [command for command in found if command is not None]

    @classmethod
    def of(cls, found: Found) -> ReconciliationFinding:
        return cls(subject=found.subject, differing=found.differing, problem=found.problem, command_ids=found.commands)


@strawberry.type(description="A comparison of what a station has with what it should have.")
class Reconciliation:
    id: strawberry.ID
    station_id: strawberry.ID
    cause: Cause
    status: ReconciliationStatus
    findings: list[ReconciliationFinding]
    requested_at: datetime
    expires_at: datetime = strawberry.field(description="If the station has not come by then, it is not done.")
    ended_at: datetime | None

    @strawberry.field
    async def station(self, info: Info) -> Station | None:
        return await station_by_id(info, self.station_id)

    @classmethod
    def of(cls, row: ReconciliationRow, now: datetime) -> Reconciliation:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            cause=Cause(row.cause),
            status=row.status_at(now),
            findings=[ReconciliationFinding.of(found) for found in row.found],
            requested_at=row.requested_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
        )


@strawberry.type
class ReconciliationQueries:
    @strawberry.field
    async def reconciliation(
        self, info: Info, id: strawberry.ID, at_least_position: str | None = None
    ) -> Reconciliation | None:
        await at_least(info, at_least_position, reconciliations)
        return await _by_id(info, id)

    @strawberry.field(description="Reconciliations, youngest first.")
    async def reconciliations(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        station_id: strawberry.ID | None = None,
        at_least_position: str | None = None,
    ) -> Connection[Reconciliation]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, reconciliations)
        page = await reconciliations_page(info.context.pool, size, key, station_id=station_id)
        now = info.context.services.clock()
        return connection(page, lambda row: Reconciliation.of(row, now), lambda row: row.id)


async def _by_id(info: Info, id: str) -> Reconciliation | None:
    row = await info.context.load(reconciliations_by_id, id)
    return Reconciliation.of(row, info.context.services.clock()) if row else None


@strawberry.input
class ReconcileStationInput:
    station_id: strawberry.ID
    wait_seconds: float = strawberry.field(default=10.0, description="Seconds to wait for the end, at most 60.")
    expires_in_seconds: float = strawberry.field(
        default=600.0, description="If the station has not come after so many seconds, it is not done."
    )


@strawberry.type
class ReconciliationPayload:
    reconciliation: Reconciliation | None = None
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class ReconciliationMutations:
    @strawberry.mutation(description="Ask a station for what it has, and send again what differs from what was wished.")
    @refusals_as(ReconciliationPayload)
    async def reconcile_station(self, info: Info, input: ReconcileStationInput) -> ReconciliationPayload:
        services, station_id = info.context.services, input.station_id
        within_bounds("waitSeconds", input.wait_seconds, 0, _LONGEST_WAIT)
        within_bounds("expiresInSeconds", input.expires_in_seconds, 1, _LONGEST_LIFE)
        require_known(await load(services.journal, StationRecord, StationRecord.stream(station_id)), station_id)
        now = services.clock()
        id = f"{int(now.timestamp() * 1000):011x}{secrets.token_hex(8)}"
        stream = ReconciliationRecord.stream(station_id, id, now)
        until = now + timedelta(seconds=input.expires_in_seconds)
        await decide(services, ReconciliationRecord, stream, lambda new: new.request(Cause.OPERATOR, until, now))
        await _end(services, stream, input.wait_seconds)
        position = await shown(info, await position_of_stream(services.pool, stream), reconciliations)
        return ReconciliationPayload(reconciliation=await _by_id(info, id), position=position)


async def _end(services: Services, stream: str, patience: float) -> None:
    """Return when it has ended, or the patience has."""
    deadline = monotonic() + patience
    while (left := deadline - monotonic()) > 0:
        ticks = services.journal.ticks
        if (await load(services.journal, ReconciliationRecord, stream)).ended:
            return
        await services.journal.woken(ticks, min(0.5, left))
