"""What all stations of this process share: journal, clock, what is known of tokens and tariffs, who is connected."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from api.ocpp.guesses import Guesses
from api.ocpp.pki import Pki
from domain.aggregate import Aggregate
from domain.events import IdTokenRecord, Tariff
from domain.journal import Journal, load
from domain.values import AuthorizationStatus

if TYPE_CHECKING:
    from api.ocpp.connection import StationConnection

A = TypeVar("A", bound=Aggregate)


class Shelf(Generic[A]):
    """Aggregates that this process only reads, kept until somebody changes them."""

    def __init__(self, journal: Journal, kind: type[A], size: int = 50_000) -> None:
        self._journal = journal
        self._kind = kind
        self._size = size
        self._kept: OrderedDict[str, A] = OrderedDict()
        self._changes = 0

    async def get(self, stream: str) -> A:
        if (found := self._kept.get(stream)) is not None:
            self._kept.move_to_end(stream)
            return found
        changes = self._changes
        loaded = await load(self._journal, self._kind, stream)
        if changes == self._changes:  # else it may have changed while it was read: good for now, not to keep
            self._kept[stream] = loaded
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return loaded

    def forget_all(self) -> None:
        self._changes += 1
        self._kept.clear()

    def forget(self, stream: str) -> None:
        self._changes += 1
        self._kept.pop(stream, None)


@dataclass(slots=True)
class Counters:
    """What the metrics endpoint shows of this process; plain callables: nothing here knows how they are counted."""

    message: Callable[[str, str, str], None] = lambda version, action, outcome: None
    answered: Callable[[float], None] = lambda seconds: None


@dataclass(slots=True)
class Node:
    """One process that holds sockets. `id` names it in the journal; `clock` returns the time in UTC."""

    id: str
    journal: Journal
    clock: Callable[[], datetime]
    pepper: bytes
    accept_unknown: bool = False
    unknown_tags: AuthorizationStatus = AuthorizationStatus.INVALID
    """What tokens are answered of which nothing was said."""
    master_pass_group: str | None = None
    """Tokens of this group end transactions and begin none (2.0.1 C16)."""
    heartbeat_interval: int = 300
    """Seconds, told to accepted stations at boot."""
    boot_retry_interval: int = 60
    """Seconds, told to stations that are pending or rejected."""
    answer_timeout: float = 30.0
    """Seconds a station has to answer a call of ours."""
    transaction_grace: float = 600.0
    """Seconds between the suspicion that a transaction has ended unheard, and its end without the station."""
    transaction_silence: float = 86_400.0
    """Seconds without a word about a transaction after which it is suspected."""
    pki: Pki = field(default_factory=Pki)
    counters: Counters = field(default_factory=Counters)
    connections: dict[str, StationConnection] = field(default_factory=dict)
    id_tokens: Shelf[IdTokenRecord] = field(init=False)
    tariffs: Shelf[Tariff] = field(init=False)
    guesses: Guesses = field(default_factory=Guesses)
    _transaction_ids: deque[int] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.id_tokens = Shelf(self.journal, IdTokenRecord)
        self.tariffs = Shelf(self.journal, Tariff)

    async def new_transaction_id(self) -> str:
        """An integer for a 1.6 transaction that no other has or had; drawn a hundred at a time."""
        while not self._transaction_ids:
            self._transaction_ids.extend(await self.journal.draw_transaction_ids(100))
        return str(self._transaction_ids.popleft())
