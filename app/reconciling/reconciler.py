"""Does the reconciliations of the stations that are connected here, and asks for those that stations are set up for."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from datetime import datetime, timedelta

import asyncpg
import structlog
from eventsourcing.persistence import MapperDeserialisationError, RecordConflictError

from api.ocpp.node import Node
from app.reconciling.charging_profiles import CHARGING_PROFILES
from app.reconciling.configuration import CONFIGURATION
from app.reconciling.desk import Desk, Subject, Unanswered
from app.reconciling.display_messages import DISPLAY_MESSAGES
from app.reconciling.local_list import LOCAL_LIST
from app.reconciling.network_profiles import NETWORK_PROFILES
from app.reconciling.reservations import RESERVATIONS
from domain.aggregate import DomainEvent
from domain.events import LocalListBook, Reconciliation, Station, StationDay
from domain.journal import Entry, follow, load
from domain.local_list import ACCEPTED, DIFFERENTIAL
from domain.reconciliation import Cause, Finding
from domain.streams import RECONCILIATION, parse
from domain.values import Reconciling

log = structlog.get_logger(__name__)

SUBJECTS: tuple[Subject, ...] = (
    CONFIGURATION,
    NETWORK_PROFILES,
    LOCAL_LIST,
    RESERVATIONS,
    CHARGING_PROFILES,
    DISPLAY_MESSAGES,
)
"""In the order in which they are seen to: settings may say how the others are to be sent."""

_TOPICS = [
    kind.TOPIC for kind in (Reconciliation.Requested, StationDay.Connected, StationDay.Booted, LocalListBook.Sent)
]
_LIFE = timedelta(minutes=10)
_REST = timedelta(minutes=10)
"""After a reconciliation; so a station that never takes its list is not sent it for ever."""
_AT_ONCE = 32
"""Stations that are seen to at the same time, however many have booted."""
_LINGER = 0.2
"""Seconds between two looks at a busy journal."""
_LOOK_BACK = 5
"""How many of a station's latest are looked at when it connects, for some that wait."""


async def reconcile_stations(node: Node, pool: asyncpg.Pool) -> None:
    """Runs as long as the process does."""
    async with asyncio.TaskGroup() as tasks:
        reconciler = Reconciler(node, pool, tasks)
        after = await node.journal.head()
        while True:
            try:
                async for page in follow(node.journal, after, _TOPICS):
                    for recorded in page.recorded:
                        await reconciler.take_note(recorded.event)
                    after = page.position
                    await asyncio.sleep(_LINGER)
            except MapperDeserialisationError as error:
                log.error("reconciler.unreadable", error=str(error))
                after = await node.journal.head()
            except Exception as error:
                log.warning("reconciler.interrupted", error=repr(error))
                await asyncio.sleep(1)


class Reconciler:
    def __init__(self, node: Node, pool: asyncpg.Pool, tasks: asyncio.TaskGroup) -> None:
        self._node = node
        self._pool = pool
        self._tasks = tasks
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._known: set[str] = set()
        """Streams that wait for their turn, or have it."""

    async def take_note(self, event: DomainEvent) -> None:
        station_id = parse(event.originator_id).station_id or ""
        if station_id not in self._node.connections:
            return
        match event:
            case Reconciliation.Requested():
                self._start(station_id, event.originator_id)
            case StationDay.Connected():
                for stream in await self._node.journal.streams_of(RECONCILIATION, station_id, _LOOK_BACK):
                    self._start(station_id, stream)
            case StationDay.Booted():
                await self._request(station_id, Cause.BOOT, event.timestamp)
            case LocalListBook.Sent() if event.update_type == DIFFERENTIAL and event.outcome != ACCEPTED:
                await self._request(station_id, Cause.LIST_REFUSED, event.timestamp - _REST)

    async def _request(self, station_id: str, cause: Cause, since: datetime) -> None:
        """Ask for one, where the station is set up so and has been accepted, unless there was one since a moment."""
        station = await load(self._node.journal, Station, Station.stream(station_id))
        now = self._node.clock()
        if station.reconcile is not Reconciling.ON_BOOT or not station.accepted:
            return
        latest = await self._latest(station_id)
        if latest is not None and latest.requested_at is not None and latest.requested_at >= since:
            return
        id = f"{int(now.timestamp() * 1000):011x}{secrets.token_hex(8)}"
        new = Reconciliation.blank(Reconciliation.stream(station_id, id, now))
        new.request(cause, now + _LIFE, now)
        await self._node.journal.append([Entry(event) for event in new.collect_events()])

    async def _latest(self, station_id: str) -> Reconciliation | None:
        streams = await self._node.journal.streams_of(RECONCILIATION, station_id, 1)
        return await load(self._node.journal, Reconciliation, streams[0]) if streams else None

    def _start(self, station_id: str, stream: str) -> None:
        if stream not in self._known:
            self._known.add(stream)
            self._tasks.create_task(self._do(station_id, stream))

    async def _do(self, station_id: str, stream: str) -> None:
        try:
            async with self._locks[station_id], self._places:
                reconciliation = await load(self._node.journal, Reconciliation, stream)
                if not reconciliation.due(self._node.clock()):
                    return
                findings = [await self._compare(station_id, subject) for subject in SUBJECTS]
                reconciliation.end(tuple(findings), self._node.clock())
                await self._node.journal.append([Entry(event) for event in reconciliation.collect_events()])
        except RecordConflictError:
            log.info("reconciler.done_elsewhere", stream=stream)
        except Exception as error:  # left open: done when the station connects again
            log.warning("reconciler.failed", stream=stream, error=repr(error))
        finally:
            self._known.discard(stream)

    async def _compare(self, station_id: str, subject: Subject) -> Finding:
        node = self._node
        desk = Desk(station_id, node.journal, self._pool, node.clock, subject.models)
        try:
            await desk.up_to_date()
            await subject.reconcile(desk)
        except Unanswered as unanswered:
            desk.problem = str(unanswered)
        return desk.finding(subject.name)
