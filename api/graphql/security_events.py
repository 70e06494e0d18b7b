# mypy: disallow_untyped_decorators=false
"""Security events: what stations noticed that touches their security."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.graphql.context import Info
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.stations import Station, station_by_id
from api.graphql.visibility import at_least
from projections.security_events import SecurityEventRow, security_events, security_events_page


@strawberry.type(description="Told by a station, possibly long after it happened: they are kept while it is offline.")
class SecurityEvent:
    id: strawberry.ID
    station_id: strawberry.ID
    type: str = strawberry.field(description="Such as `FirmwareUpdated`, as the station spells it.")
    occurred_at: datetime = strawberry.field(description="By the station's clock.")
    tech_info: str | None
    received_at: datetime

    @strawberry.field
    async def station(self, info: Info) -> Station | None:
        return await station_by_id(info, self.station_id)

    @classmethod
    def of(cls, row: SecurityEventRow) -> SecurityEvent:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            type=row.type,
            occurred_at=row.occurred_at,
            tech_info=row.tech_info,
            received_at=row.received_at,
        )


@strawberry.input
class SecurityEventFilter:
    station_id: strawberry.ID | None = None
    type: str | None = None


@strawberry.type
class SecurityEventQueries:
    @strawberry.field(description="Security events, the one that was received last first.")
    async def security_events(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: SecurityEventFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[SecurityEvent]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, security_events)
        page = await security_events_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, SecurityEvent.of, lambda row: row.id)
