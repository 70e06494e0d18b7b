"""A station's end of a line without a socket: what is said goes through the peer and the engine as on a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any

import jsonschema_rs
import orjson

from api.ocpp.frame import Call
from api.ocpp.node import Node
from api.ocpp.receive import record_refusal, serve
from api.ocpp.rpc import Refusal, RpcPeer
from api.ocpp.session import StationSession
from api.ocpp.versions import VERSIONS, Version
from domain.aggregate import DomainEvent
from domain.events import Station, StationDay, Tariff, Transaction
from domain.journal import Entry, Evidence, InMemoryJournal, JournalUnavailable, load
from domain.rating import PriceElement, PriceKind
from domain.station_day import Connection
from domain.streams import TRANSACTION, within
from domain.tariff import Terms

BY_NAME = {version.name: version for version in VERSIONS.values()}
LIMIT = 65_536
"""Bytes a message may have at the test listener."""
_ids = count(1)

BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "Vendor", "chargePointModel": "Model"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Vendor", "model": "Model"}},
}


@dataclass
class Clock:
    """Stands still until told to go on."""

    now: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@cache
def official(version: Version, name: str) -> jsonschema_rs.Validator:
    """A schema as published, formats included."""
    text = files(version.schemas).joinpath(f"{name}.json").read_bytes().removeprefix(b"\xef\xbb\xbf")
    return jsonschema_rs.validator_for(orjson.loads(text), validate_formats=True)


@dataclass
class Refused:
    """A CALLERROR."""

    message_id: str
    code: str
    description: str
    details: dict[str, Any]


@dataclass(eq=False)
class Line:
    """`happened` and `evidence` are what the last message put into the journal."""

    node: Node
    version: Version
    station_id: str = "CS1"
    session: StationSession = field(init=False)
    peer: RpcPeer = field(init=False)
    happened: list[DomainEvent] = field(default_factory=list)
    evidence: list[Evidence | None] = field(default_factory=list)

    @property
    def journal(self) -> InMemoryJournal:
        assert isinstance(self.node.journal, InMemoryJournal)
        return self.node.journal

    @property
    def kinds(self) -> list[str]:
        return [event.TOPIC for event in self.happened]

    async def connect(self) -> Line:
        """A new connection of the station, as after a restart of either side: nothing is known but the journal."""
        self.session = StationSession(self.station_id, self.version, self.node)
        self.peer = RpcPeer(self.version)
        await self.session.load()
        self.session.begin()
        socket = Connection(f"socket-{next(_ids)}", self.node.id, self.version.name, self.session.now)
        self.session.day.connect(socket, 0, None, self.session.now)
        await self.journal.append(self.session.entries(Evidence(self.version.subprotocol, b"GET /CS1")))
        return self

    async def boot(self) -> Line:
        await self.call("BootNotification", BOOT[self.version.name])
        return self

    async def say(self, raw: str) -> Any:
        """Say a text as it is; returns the answer as JSON, None for silence."""
        before = len(self.journal.recorded)
        incoming, reply = self.peer.receive(raw), None
        if isinstance(incoming, Refusal):
            await record_refusal(self.session, incoming, raw)
            reply = incoming.reply
        elif isinstance(incoming, Call):
            assert self.session.day.connection
            reply = await serve(self.session, incoming, raw, self.session.day.connection.id)
            self.peer.served(incoming.message_id)
        self.happened = [recorded.event for recorded in self.journal.recorded[before:]]
        self.evidence = [self.journal.evidence.get(recorded.position) for recorded in self.journal.recorded[before:]]
        if self.happened:
            main = next(n for n, event in enumerate(self.happened) if not isinstance(event, StationDay.Opened))
            expected = Evidence(self.version.subprotocol, raw.encode(), reply)
            assert self.evidence == [expected if n == main else None for n in range(len(self.happened))]
        return None if reply is None else orjson.loads(reply)

    @property
    def evidence_of_the_main_event(self) -> Evidence:
        [evidence] = [evidence for evidence in self.evidence if evidence is not None]
        return evidence

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Call with a fresh message id; returns the payload of the answer, checked by its schema, or Refused."""
        message_id = f"m-{next(_ids)}"
        kind, answered, *rest = await self.say(orjson.dumps([2, message_id, action, payload]).decode())
        assert answered == message_id
        if kind == 4:
            return Refused(answered, *rest)
        official(self.version, f"{action}Response").validate(rest[0])
        return rest[0]

    async def transaction(self, transaction_id: str) -> Transaction:
        """The transaction as the journal has it."""
        stream = await self.journal.latest_stream(TRANSACTION, within(self.station_id, transaction_id))
        assert stream is not None, f"no transaction {transaction_id}"
        return await load(self.journal, Transaction, stream)

    def all(self, kind: type[DomainEvent]) -> list[Any]:
        """Every event of a kind that the journal holds."""
        return [recorded.event for recorded in self.journal.recorded if isinstance(recorded.event, kind)]


async def record(node: Node, stream: str, kind: Callable[..., Any], decide: Callable[[Any], Any]) -> None:
    """Load an aggregate, let it decide, append what it decided."""
    aggregate = await load(node.journal, kind, stream)  # type: ignore[type-var, arg-type]
    decide(aggregate)
    await node.journal.append([Entry(event) for event in aggregate.collect_events()])


async def register(node: Node, station_id: str, profile: int = 0, credential: str | None = None) -> None:
    await record(
        node,
        Station.stream(station_id),
        Station,
        lambda station: station.register(security_profile=profile, credential=credential, at=node.clock()),
    )


async def price(
    line: Line,
    price: str,
    tariff_id: str = "day",
    *,
    evse_id: int | None = None,
    kind: PriceKind = PriceKind.ENERGY,
    description: str | None = None,
) -> None:
    """A tariff with one price and 19 % VAT, at the station or at one EVSE of it, from now on."""
    now = line.node.clock()
    terms = Terms("EUR", (PriceElement(kind, Decimal(price), Decimal(19)),), description)
    await record(line.node, Tariff.stream(tariff_id), Tariff, lambda tariff: tariff.define(terms, now))
    line.node.tariffs.forget(Tariff.stream(tariff_id))
    station = Station.stream(line.station_id)
    await record(line.node, station, Station, lambda s: s.assign_tariff(tariff_id, evse_id, now))
    line.session.station_stale = True


async def until(true: Callable[[], Any], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


class SlowJournal(InMemoryJournal):
    """A journal on a disk that may take its time, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.held, self.asked = asyncio.Event(), asyncio.Event()
        self.held.set()
        self.broken = self.unreadable = self.fails_once = False

    async def append(self, entries: Any) -> int:
        self.asked.set()
        await self.held.wait()
        if self.broken or self.fails_once:
            self.fails_once = False
            raise JournalUnavailable("no disk")
        return await super().append(entries)

    async def events(self, stream: str, after: int = 0) -> Any:
        if self.unreadable:
            raise ConnectionError("no disk")
        return await super().events(stream, after)
