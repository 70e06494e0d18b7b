# mypy: disallow_untyped_decorators=false
"""Id tokens: who may charge."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.graphql.context import Info
from api.graphql.deciding import checked, decide
from api.graphql.enums import IdTokenStatus
from api.graphql.errors import UserError, refusals_as
from api.graphql.visibility import at_least, shown
from domain.events import IdTokenRecord
from domain.id_token import Permission
from domain.values import IdToken as PresentedToken
from projections.id_tokens import ANY_TYPE, IdTokenRow, id_token_by_value, id_tokens

_LONGEST_TYPE = 20


@strawberry.type(
    description="What a token is answered. Without type it serves every type that has no entry of its own."
)
class IdToken:
    id: strawberry.ID = strawberry.field(description="The token's text; compared without regard to case.")
    id_token: str
    type: str | None
    status: IdTokenStatus
    group_id: str | None
    expires_at: datetime | None
    allow_concurrent: bool = strawberry.field(description="Whether it may have several transactions at a time.")
    updated_at: datetime

    @classmethod
    def of(cls, row: IdTokenRow) -> IdToken:
        return cls(
            id=strawberry.ID(row.id_token),
            id_token=row.id_token,
            type=None if row.type == ANY_TYPE else row.type,
            status=IdTokenStatus(row.status),
            group_id=row.group_id,
            expires_at=row.expires_at,
            allow_concurrent=not row.exclusive,
            updated_at=row.updated_at,
        )


@strawberry.input
class SetIdTokenInput:
    id_token: str
    type: str | None = None
    status: IdTokenStatus
    group_id: str | None = strawberry.field(
        default=None, description="Tokens of a group may stop each other's transactions."
    )
    expires_at: datetime | None = None
    allow_concurrent: bool = strawberry.field(
        default=True,
        description="False: while it has a transaction, another one elsewhere is answered ConcurrentTx. This counts "
        "from the next transaction on.",
    )


@strawberry.type
class IdTokenPayload:
    id_token: IdToken | None = None
    error: UserError | None = None
    position: str | None = None


async def _id_token(info: Info, value: str, token_type: str | None) -> IdToken | None:
    row = await id_token_by_value(info.context.pool, value, token_type)
    return IdToken.of(row) if row else None


@strawberry.type
class IdTokenQueries:
    @strawberry.field
    async def id_token(
        self, info: Info, id: str, type: str | None = None, at_least_position: str | None = None
    ) -> IdToken | None:
        await at_least(info, at_least_position, id_tokens)
        return await _id_token(info, id, type)


@strawberry.type
class IdTokenMutations:
    @strawberry.mutation(description="Say what a token is answered from now on.")
    @refusals_as(IdTokenPayload)
    async def set_id_token(self, info: Info, input: SetIdTokenInput) -> IdTokenPayload:
        services = info.context.services
        value = checked("idToken", input.id_token)
        token_type = checked("type", input.type, _LONGEST_TYPE) if input.type is not None else None
        group_id = checked("groupId", input.group_id) if input.group_id is not None else None
        permission = Permission(input.status.in_domain, input.expires_at, group_id)
        recorded = await decide(
            services,
            IdTokenRecord,
            IdTokenRecord.stream(value),
            lambda record: record.set(
                PresentedToken(value, token_type), permission, services.clock(), exclusive=not input.allow_concurrent
            ),
        )
        position = await shown(info, recorded, id_tokens)
        return IdTokenPayload(id_token=await _id_token(info, value, token_type), position=position)
