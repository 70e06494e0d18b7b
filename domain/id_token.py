"""Who may charge. One stream for a token's text, whatever its type, because 1.6 presents tokens without one.

Stream `id-token:<text in lower case>` (tokens compare without regard to case).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Use:
    """A transaction that a token has."""

    station_id: str
    transaction_id: str
    evse_id: int | None = None

    def elsewhere(self, other: Use) -> bool:
        """Whether both can go on at the same time: an EVSE has one transaction, whatever became of the one before."""
        if self.station_id != other.station_id:
            return True
        same_evse = self.evse_id is not None and self.evse_id == other.evse_id
        return self.transaction_id != other.transaction_id and not same_evse


class IdTokenRecord(Aggregate):
    """All permissions of one token text, by type; the type None serves every type that has no entry of its own.

    Uses are noted of exclusive tokens only, by the nodes that hold the stations' sockets. Of two that note one at the
    same time the journal refuses the second, who then sees the first.
    """

    @dataclass(frozen=True)
    class Set(DomainEvent):
        TOPIC = "id-token.set"
        id_token: IdToken
        permission: Permission
        exclusive: bool = False
        """It may have one transaction at a time."""

    @dataclass(frozen=True)
    class Engaged(DomainEvent):
        TOPIC = "id-token.engaged"
        use: Use

    @dataclass(frozen=True)
    class Released(DomainEvent):
        TOPIC = "id-token.released"
        station_id: str
        transaction_id: str

    def __init__(self) -> None:
        self.permissions: dict[str | None, Permission] = {}
        self.uses: dict[tuple[str, str], Use] = {}
        self._exclusive: set[str | None] = set()

    @staticmethod
    def stream(value: str) -> str:
        return once(ID_TOKEN, value.casefold())

    def set(self, id_token: IdToken, permission: Permission, at: datetime, *, exclusive: bool = False) -> None:
        if (self.permissions.get(id_token.type), id_token.type in self._exclusive) != (permission, exclusive):
            self.trigger_event(
                IdTokenRecord.Set, id_token=id_token, permission=permission, exclusive=exclusive, timestamp=at
            )

    def engage(self, id_token: IdToken, use: Use, at: datetime, unknown: AuthorizationStatus) -> Authorization:
        """Answer for the token in a transaction that goes on: ConcurrentTx if it is exclusive and has one elsewhere."""
        answer = self.authorize(id_token, at, unknown)
        if not answer.accepted or self._kind(id_token.type) not in self._exclusive:
            return answer
        if any(use.elsewhere(other) for other in self.uses.values()):
            return replace(answer, status=AuthorizationStatus.CONCURRENT_TX)
        if (use.station_id, use.transaction_id) not in self.uses:
            self.trigger_event(IdTokenRecord.Engaged, use=use, timestamp=at)
        return answer

    def release(self, station_id: str, transaction_id: str, at: datetime) -> None:
        if (station_id, transaction_id) in self.uses:
            self.trigger_event(
                IdTokenRecord.Released, station_id=station_id, transaction_id=transaction_id, timestamp=at
            )

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case IdTokenRecord.Set():
                self.permissions[event.id_token.type] = event.permission
                (self._exclusive.add if event.exclusive else self._exclusive.discard)(event.id_token.type)
            case IdTokenRecord.Engaged():
                self.uses = {key: use for key, use in self.uses.items() if use.elsewhere(event.use)}
                self.uses[event.use.station_id, event.use.transaction_id] = event.use
            case IdTokenRecord.Released():
                self.uses.pop((event.station_id, event.transaction_id), None)

    @property
    def exclusive(self) -> bool:
        """Whether it matters which transactions the token has."""
        return bool(self._exclusive or self.uses)

    def authorize(
        self, id_token: IdToken, at: datetime, unknown: AuthorizationStatus = AuthorizationStatus.INVALID
    ) -> Authorization:
        """Answer for the token at this moment (C01). NoAuthorization is a start button: always accepted (C02).

        `unknown` is the answer for a token of which nothing was said.
        """
        if id_token.type == "NoAuthorization":
            return Authorization(AuthorizationStatus.ACCEPTED)
        permission = self.permissions.get(self._kind(id_token.type))
        if permission is None:
            return Authorization(unknown)
        expired = permission.expires_at is not None and permission.expires_at <= at
        if expired and permission.status is AuthorizationStatus.ACCEPTED:
            return Authorization(AuthorizationStatus.EXPIRED, permission.expires_at, permission.group_id)
        return Authorization(permission.status, permission.expires_at, permission.group_id)

    def _kind(self, token_type: str | None) -> str | None:
        """The type whose entry serves a token that is presented with this type, or without one."""
        known = self.permissions
        if token_type is not None:
            return token_type if token_type in known else None
        if None in known or not known:
            return None
        return _WITHOUT_TYPE_MEANS if _WITHOUT_TYPE_MEANS in known else next(iter(known))
