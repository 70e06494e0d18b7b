# mypy: disallow_untyped_decorators=false
"""Reservations: connectors kept free for somebody."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask, where
from api.graphql.context import Info
from api.graphql.deciding import checked, within_bounds
from api.graphql.enums import ReservationStatus
from api.graphql.errors import bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.stations import Station, station_by_id
from api.graphql.visibility import at_least
from projections.reservations import ReservationRow, reservations, reservations_of, reservations_page

_HIGHEST_ID = 2**31 - 1
_LONGEST = timedelta(days=366)


@strawberry.type(description="Of the reservations of one number at a station, the latest.")
class Reservation:
    id: strawberry.ID
    station_id: strawberry.ID
    reservation_id: int = strawberry.field(description="As the station knows it.")
    status: ReservationStatus
    outcome: str = strawberry.field(
        description="What the station answered: Accepted, Faulted, Occupied, Rejected or Unavailable."
    )
    evse_id: int | None = strawberry.field(description="Null: any EVSE of the station.")
    id_token: str
    id_token_type: str | None
    group_id: str | None = strawberry.field(description="Another token of this group may use it too.")
    connector_type: str | None
    expires_at: datetime
    asked_at: datetime
    ended_at: datetime | None
    transaction_id: str | None = strawberry.field(description="The transaction that used it, as the station knows it.")
    cancel_outcome: str | None = strawberry.field(description="What the station answered cancelReservation last.")

    @strawberry.field
    async def station(self, info: Info) -> Station | None:
        return await station_by_id(info, self.station_id)

    @classmethod
    def of(cls, row: ReservationRow, now: datetime) -> Reservation:
        status = row.status_at(now)
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            reservation_id=row.reservation_id,
            status=status,
            outcome=row.outcome,
            evse_id=row.evse_id,
            id_token=row.id_token,
            id_token_type=row.id_token_type,
            group_id=row.group_id,
            connector_type=row.connector_type,
            expires_at=row.expires_at,
            asked_at=row.asked_at,
            ended_at=row.expires_at if status is ReservationStatus.EXPIRED and not row.ended_at else row.ended_at,
            transaction_id=row.transaction_id,
            cancel_outcome=row.cancel_outcome,
        )


@strawberry.input
class ReservationFilter:
    station_id: strawberry.ID | None = None
    id_token: str | None = None
    status: ReservationStatus | None = None


@strawberry.input
class ReserveNowInput(StationRequest):
    id_token: str
    id_token_type: str = "ISO14443"  # noqa: S105  # a kind of card
    evse_id: int | None = strawberry.field(default=None, description="Null: any EVSE, where the station can do that.")
    connector_type: str | None = strawberry.field(default=None, description="2.x, such as `cType2`.")
    minutes: float | None = strawberry.field(default=None, description="How long from now; or else until.")
    until: datetime | None = None
    group_id: str | None = strawberry.field(
        default=None, description="Tokens of this group may use it too (1.6: parentIdTag)."
    )
    reservation_id: int | None = strawberry.field(
        default=None, description="Null: a new one. One that the station has is replaced."
    )


@strawberry.input
class CancelReservationInput(StationRequest):
    reservation_id: int = strawberry.field(description="Any; it is the station that knows.")


@strawberry.type
class ReservationQueries:
    @strawberry.field
    async def reservation(
        self, info: Info, station_id: strawberry.ID, reservation_id: int, at_least_position: str | None = None
    ) -> Reservation | None:
        await at_least(info, at_least_position, reservations)
        key = str(station_id), reservation_id
        row = (await reservations_of(info.context.pool, [key])).get(key)
        return Reservation.of(row, info.context.services.clock()) if row else None

    @strawberry.field(description="Reservations, youngest first.")
    async def reservations(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: ReservationFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[Reservation]:
        size, key, now = page_size(first), key_of(after), info.context.services.clock()
        await at_least(info, at_least_position, reservations)
        page = await reservations_page(info.context.pool, size, key, now, **(vars(filter) if filter else {}))
        return connection(page, lambda row: Reservation.of(row, now), lambda row: row.id)


@strawberry.type
class ReservationMutations:
    @strawberry.mutation(description="Keep a connector free for a token.")
    @refusals_as(CommandPayload)
    async def reserve_now(self, info: Info, input: ReserveNowInput) -> CommandPayload:
        drawn = []
        number = input.reservation_id
        if number is None:
            number = 1 + secrets.randbelow(_HIGHEST_ID)
            drawn.append("id")
        if input.minutes is not None:
            drawn.append("expiryDateTime")
        payload = {
            "id": _number(number),
            "expiryDateTime": _until(input, info.context.services.clock()).isoformat(),
            "idToken": checked("idToken", input.id_token),
            "idTokenType": checked("idTokenType", input.id_token_type, 20),
        }
        if input.group_id is not None:
            payload["groupId"] = checked("groupId", input.group_id)
        if input.connector_type is not None:
            payload["connectorType"] = checked("connectorType", input.connector_type, 20)
        return await ask(info, input, "ReserveNow", payload | where(input), drawn=drawn)

    @strawberry.mutation(description="Give a reserved connector free again.")
    @refusals_as(CommandPayload)
    async def cancel_reservation(self, info: Info, input: CancelReservationInput) -> CommandPayload:
        return await ask(info, input, "CancelReservation", {"reservationId": _number(input.reservation_id)})


def _number(reservation_id: int) -> int:
    within_bounds("reservationId", reservation_id, 0, _HIGHEST_ID)
    return reservation_id


def _until(input: ReserveNowInput, now: datetime) -> datetime:
    if input.minutes is not None and input.until is None:
        within_bounds("minutes", input.minutes, 0.01, _LONGEST.total_seconds() / 60)
        return now + timedelta(minutes=input.minutes)
    if input.until is None or input.minutes is not None:
        raise bad_input("minutes", "say how long either by minutes or by until")
    if not now < input.until <= now + _LONGEST:
        raise bad_input("until", f"until must be in the future, {_LONGEST.days} days at most")
    return input.until
