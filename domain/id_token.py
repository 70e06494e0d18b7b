"""Who may charge. One stream for a token's text, whatever its type, because 1.6 presents tokens without one.

Stream `id-token:<text in lower case>` (tokens compare without regard to case).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import Aggregate, DomainEvent
from domain.streams import ID_TOKEN, once
from domain.values import AuthorizationStatus, IdToken

_WITHOUT_TYPE_MEANS = "ISO14443"


@dataclass(frozen=True, slots=True)
class Permission:
    """What is known of a token: its status, when that ends, and the group that may stop its transactions."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer to a token presented at a station."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group_id: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status is AuthorizationStatus.ACCEPTED


class IdTokenRecord(Aggregate):
    """All permissions of one token text, by type; the type None serves every type that has no entry of its own."""

    @dataclass(frozen=True)
    class Set(DomainEvent):
        TOPIC = "id-token.set"
        id_token: IdToken
        permission: Permission

    def __init__(self) -> None:
        self.permissions: dict[str | None, Permission] = {}

    @staticmethod
    def stream(value: str) -> str:
        return once(ID_TOKEN, value.casefold())

    def set(self, id_token: IdToken, permission: Permission, at: datetime) -> None:
        if self.permissions.get(id_token.type) != permission:
            self.trigger_event(IdTokenRecord.Set, id_token=id_token, permission=permission, timestamp=at)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case IdTokenRecord.Set():
                self.permissions[event.id_token.type] = event.permission

    def authorize(self, id_token: IdToken, at: datetime) -> Authorization:
        """Answer for the token at this moment (C01). NoAuthorization is a start button: always accepted (C02)."""
        if id_token.type == "NoAuthorization":
            return Authorization(AuthorizationStatus.ACCEPTED)
        permission = self._permission(id_token.type)
        if permission is None:
            return Authorization(AuthorizationStatus.INVALID)
        expired = permission.expires_at is not None and permission.expires_at <= at
        if expired and permission.status is AuthorizationStatus.ACCEPTED:
            return Authorization(AuthorizationStatus.EXPIRED, permission.expires_at, permission.group_id)
        return Authorization(permission.status, permission.expires_at, permission.group_id)

    def _permission(self, token_type: str | None) -> Permission | None:
        known = self.permissions
        if token_type is not None:
            return known.get(token_type, known.get(None))
        return known.get(None) or known.get(_WITHOUT_TYPE_MEANS) or next(iter(known.values()), None)
