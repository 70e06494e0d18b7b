"""What resolvers work with: the services of the process, and a context of one request or one socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

import asyncpg
import strawberry
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext

from api.graphql.bulletin import Bulletin, Watch
from api.graphql.errors import Code, stop
from domain.journal import Journal
from domain.ocmf import Record

V = TypeVar("V")

Fetch = Callable[..., Awaitable[dict[str, V]]]
"""A query of a read model: the pool and a list of keys (and more, by name) to what was found, by key."""


class Form(Protocol):
    """What a station may be asked, in the words of its version."""

    @property
    def action(self) -> str: ...

    @property
    def typed_as(self) -> str | None: ...

    @property
    def description(self) -> str | None: ...

    @property
    def schema(self) -> dict[str, Any]: ...


class Signatures(Protocol):
    """Verifies what meters have signed."""

    def verify(self, public_key: bytes, record: Record) -> bool:
        """Raises CannotVerify."""

    def require_key(self, public_key: bytes) -> None:
        """Raises CannotVerify for a key that no signature could be verified with."""


@dataclass(frozen=True)
class Services:
    """What the composition root hands in. `authenticate` is given the API key itself, None if none was sent."""

    pool: asyncpg.Pool
    journal: Journal
    clock: Callable[[], datetime]
    pepper: bytes
    authenticate: Callable[[str | None], bool]
    signatures: Signatures
    bulletin: Bulletin | None = None
    """None: subscriptions are not served, and waiting for a position polls."""
    forms: Callable[[str], Sequence[Form] | None] = lambda version: None
    """What stations of a version may be asked; None for a version that nobody speaks."""


class Context(BaseContext):
    """Loads by key in batches. Nothing is kept between batches: a socket lives long, each answer has to be fresh."""

    def __init__(self, services: Services, key: str | None) -> None:
        super().__init__()
        self.services = services
        self.pool = services.pool
        self.key = key
        self._loaders: dict[Hashable, DataLoader[str, Any]] = {}

    def load(self, fetch: Fetch[V], key: str, **more: Hashable) -> Awaitable[V | None]:
        """What `fetch` finds for a key; all that is asked for in the same moment is fetched at once."""
        name = fetch, tuple(sorted(more.items()))
        loader = self._loaders.get(name)
        if loader is None:

            async def batch(keys: list[str]) -> list[V | None]:
                found = await fetch(self.pool, list(dict.fromkeys(keys)), **more)
                return [found.get(key) for key in keys]

            loader = self._loaders[name] = DataLoader(batch, cache=False)
        return cast("Awaitable[V | None]", loader.load(key))

    async def news(self, watch: Watch) -> list[str]:
        """What a subscription has to show, after a second at the latest. A key that was taken away ends it."""
        names = await watch.take(1.0)
        if not self.services.authenticate(self.key):
            raise stop(Code.UNAUTHENTICATED, "the API key is not valid any more")
        return names

    @property
    def bulletin(self) -> Bulletin:
        if self.services.bulletin is None:
            raise stop(Code.UNAVAILABLE, "this process does not serve subscriptions")
        return self.services.bulletin


Info = strawberry.Info[Context, None]


def asks_for(info: Info, name: str) -> bool:
    """Whether a field of this name is asked for anywhere below the field that is being resolved."""
    waiting: list[Any] = list(info.selected_fields)
    while waiting:
        selection = waiting.pop()
        if getattr(selection, "name", None) == name:
            return True
        waiting.extend(selection.selections)
    return False
