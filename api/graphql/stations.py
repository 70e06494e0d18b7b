# mypy: disallow_untyped_decorators=false
"""Stations with their EVSEs and connectors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import asyncpg
import strawberry

from api.graphql.context import Info, asks_for
from api.graphql.enums import ConnectorStatus, Reconciling, RegistrationStatus, TransactionState, connector_status
from api.graphql.paging import EMPTY, Connection, connection, key_of, page_size
from api.graphql.visibility import at_least
from projections.availability import StationRow, availability, connectors_of, stations_by_id, stations_page
from projections.billing import tariffs_by_id
from projections.sessions import transactions_of

if TYPE_CHECKING:
    from api.graphql.billing import Tariff
    from api.graphql.transactions import Transaction


@strawberry.type
class Connector:
    id: int
    status: ConnectorStatus
    error_code: str | None
    info: str | None
    occurred_at: datetime = strawberry.field(description="When it changed, by the station's clock.")
    updated_at: datetime = strawberry.field(description="When we learned of it.")


@strawberry.type
class Evse:
    id: int
    connectors: list[Connector]


@strawberry.type(description="A charging station (1.6: charge point).")
class Station:
    id: strawberry.ID
    online: bool
    ocpp_version: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    registration_status: RegistrationStatus | None = strawberry.field(
        description="What its last BootNotification was answered."
    )
    security_profile: int | None
    registered_at: datetime | None
    connected_at: datetime | None
    booted_at: datetime | None
    last_seen_at: datetime | None
    tariff_id: str | None
    lenient: bool = strawberry.field(description="Whether messages that break the schema are read as well as can be.")
    assumed_ocpp_version: str | None = strawberry.field(description="Of a station that names none when it connects.")
    reconcile: Reconciling
    known_evses: strawberry.Private[list[Evse] | None] = None

    @strawberry.field(
        graphql_type=list[Evse],
        description="EVSEs of which a connector was reported; a 1.6 connector n is connector 1 of EVSE n.",
    )
    def evses(self, info: Info) -> Any:
        # Itself awaitable: a coroutine around it would cost a page 1 ms.
        return info.context.load(evses_of, self.id) if self.known_evses is None else self.known_evses

    @strawberry.field
    async def tariff(self, info: Info) -> Annotated[Tariff, strawberry.lazy("api.graphql.billing")] | None:
        from api.graphql.billing import Tariff

        if self.tariff_id is None:
            return None
        row = await info.context.load(tariffs_by_id, self.tariff_id)
        return Tariff.of(row) if row else None

    @strawberry.field
    async def transactions(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        state: TransactionState | None = None,
        id_token: str | None = None,
    ) -> Connection[Annotated[Transaction, strawberry.lazy("api.graphql.transactions")]]:
        from api.graphql.transactions import Transaction

        page = await info.context.load(
            transactions_of, self.id, first=page_size(first), after=key_of(after), state=state, id_token=id_token
        )
        return connection(page or EMPTY, Transaction.of, lambda row: row.id)

    @classmethod
    def of(cls, row: StationRow, evses: list[Evse] | None = None) -> Station:
        status = row.registration_status
        return cls(
            id=strawberry.ID(row.station_id),
            online=row.online,
            ocpp_version=row.ocpp_version,
            vendor=row.vendor,
            model=row.model,
            serial_number=row.serial_number,
            firmware_version=row.firmware_version,
            registration_status=RegistrationStatus(status) if status else None,
            security_profile=row.security_profile,
            registered_at=row.registered_at,
            connected_at=row.connected_at,
            booted_at=row.booted_at,
            last_seen_at=row.last_seen_at,
            tariff_id=row.tariff_id,
            lenient=row.lenient,
            assumed_ocpp_version=row.assumed_version,
            reconcile=Reconciling(row.reconcile),
            known_evses=evses,
        )


async def evses_of(pool: asyncpg.Pool, station_ids: Sequence[str]) -> dict[str, list[Evse]]:
    evses: dict[str, list[Evse]] = {}
    for station_id, rows in (await connectors_of(pool, station_ids)).items():
        by_id: dict[int, Evse] = {}
        for row in rows:
            evse = by_id.get(row.evse_id) or by_id.setdefault(row.evse_id, Evse(id=row.evse_id, connectors=[]))
            status = connector_status(row.status)
            evse.connectors.append(
                Connector(
                    id=row.connector_id,
                    status=status,
                    error_code=row.error_code,
                    info=row.info,
                    occurred_at=row.occurred_at,
                    updated_at=row.updated_at,
                )
            )
        evses[station_id] = list(by_id.values())
    return evses


async def station_by_id(info: Info, station_id: str) -> Station | None:
    row = await info.context.load(stations_by_id, station_id)
    return Station.of(row) if row else None


@strawberry.input
class StationFilter:
    online: bool | None = None
    ids: list[strawberry.ID] | None = None


@strawberry.type
class StationQueries:
    @strawberry.field
    async def station(self, info: Info, id: strawberry.ID, at_least_position: str | None = None) -> Station | None:
        await at_least(info, at_least_position, availability)
        return await station_by_id(info, id)

    @strawberry.field(description="Stations by id.")
    async def stations(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: StationFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[Station]:
        size, key, wanted = page_size(first), key_of(after), filter or StationFilter()
        await at_least(info, at_least_position, availability)
        pool = info.context.pool
        page = await stations_page(pool, size, key, online=wanted.online, ids=wanted.ids)
        # Fetched here, a hundred stations need not be waited for one by one, which costs a page 2 ms.
        evses = await evses_of(pool, [row.station_id for row in page.rows]) if asks_for(info, "evses") else {}
        return connection(page, lambda row: Station.of(row, evses.get(row.station_id)), lambda row: row.station_id)


@strawberry.type
class StationSubscriptions:
    @strawberry.subscription(
        description="A station, each time it looks different; without id: all stations. lastSeenAt alone is no reason."
    )
    async def station_changed(self, info: Info, id: strawberry.ID | None = None) -> AsyncIterator[Station]:
        with info.context.bulletin.stations.watch(id) as watch:
            while True:
                names = await info.context.news(watch)
                rows = await stations_by_id(info.context.pool, names) if names else {}
                for name in names:
                    if name in rows:
                        yield Station.of(rows[name])
