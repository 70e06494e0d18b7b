"""What Prometheus can ask of a process."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from functools import cache

import asyncpg
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from api.ocpp.node import Counters, Node
from api.ocpp.registry import RECEIVERS, SENDERS
from api.ocpp.schema import knows
from api.ocpp.versions import VERSIONS
from app.journal import PostgresJournal
from projections.all import READ_MODELS
from projections.runner import RunnerCounters

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time beside every counter that nobody asks for

log = structlog.get_logger(__name__)

_MOST_NOTED, _MOST_LATENCIES = 1_000, 10_000

_LATENCY = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """One registry a process, so that tests may have several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self._messages = Counter(
            "csms_messages", "OCPP messages, and events of commands", ["version", "action", "outcome"], registry=r
        )
        self._answers = Histogram(
            "csms_answer_seconds", "From a CALL to its durable answer", buckets=_LATENCY, registry=r
        )
        self._appends = Histogram("csms_append_seconds", "Duration of a group commit", buckets=_LATENCY, registry=r)
        self._events = Counter("csms_events_appended", "Events recorded by this process", registry=r)
        self._connections = Gauge("csms_connections", "Stations connected to this process", registry=r)
        self._waiting = Gauge("csms_appends_waiting", "Events that wait for their commit", registry=r)
        self._applied = Counter("csms_events_applied", "Events applied to read models by this process", registry=r)
        self._batches = Histogram(
            "csms_batch_seconds", "Duration of a batch of read models", buckets=_LATENCY, registry=r
        )
        self._parked = Counter("csms_events_parked", "Events set aside by a read model", ["read_model"], registry=r)
        self._halted = Gauge(
            "csms_read_model_halted", "1 while a read model stands still at an event", ["read_model"], registry=r
        )
        self._lag = Gauge(
            "csms_read_model_lag_events",
            "Events recorded but not yet applied (at most 100,000)",
            ["read_model"],
            registry=r,
        )
        self._parked_now = Gauge("csms_parked_events", "Events that are set aside now", registry=r)
        self._database = Gauge("csms_database_up", "1 if the database answered this very request", registry=r)
        # What happens with every message is only noted, and counted when somebody asks or enough has come together.
        self._noted: dict[tuple[str, str, str], int] = defaultdict(int)
        self._latencies: deque[float] = deque(maxlen=_MOST_LATENCIES)

    def counters(self) -> Counters:
        return Counters(message=self._message, answered=self._latencies.append)

    def runner_counters(self) -> RunnerCounters:
        return RunnerCounters(
            batch=self._batch,
            parked=lambda model: self._parked.labels(model).inc(),
        )

    def watch(self, journal: PostgresJournal, node: Node | None) -> None:
        journal.writer.observe_commit = self._commit
        self._waiting.set_function(lambda: journal.writer.waiting)
        if node is not None:
            self._connections.set_function(lambda: len(node.connections))

    async def collect(self, pool: asyncpg.Pool) -> bytes:
        """The text of /metrics; asks the database how far the read models are."""
        try:
            async with asyncio.timeout(5):
                await self._ask(pool)
            self._database.set(1)
        except Exception as error:  # what this process knows by itself is worth telling all the more
            log.warning("metrics.database_away", error=repr(error))
            self._database.set(0)
        self._count()
        return generate_latest(self.registry)

    async def _ask(self, pool: asyncpg.Pool) -> None:
        for record in await pool.fetch(_LAG, [model.schema for model in READ_MODELS]):
            self._lag.labels(record["name"]).set(record["lag"])
            self._halted.labels(record["name"]).set(1 if record["halted"] else 0)
        self._parked_now.set(await pool.fetchval("SELECT count(*) FROM parked_event"))

    def _message(self, version: str, action: str, outcome: str) -> None:
        self._noted[version, action, outcome] += 1
        if len(self._noted) > _MOST_NOTED or len(self._latencies) == _MOST_LATENCIES:
            self._count()

    def _count(self) -> None:
        noted, self._noted = self._noted, defaultdict(int)
        for (version, action, outcome), times in noted.items():
            # What somebody makes up as an action, in a message or a command, must not become a time series.
            self._messages.labels(version, action if _known(version, action) else "-", outcome).inc(times)
        while self._latencies:
            self._answers.observe(self._latencies.popleft())

    def _commit(self, seconds: float, events: int) -> None:
        self._appends.observe(seconds)
        self._events.inc(events)

    def _batch(self, events: int, seconds: float) -> None:
        self._batches.observe(seconds)
        self._applied.inc(events)


@cache
def _words() -> frozenset[tuple[str, str]]:
    return frozenset((*RECEIVERS, *SENDERS))


def _known(version: str, action: str) -> bool:
    spoken = next((v for v in VERSIONS.values() if v.name == version), None)
    return (version, action) in _words() or (spoken is not None and knows(spoken, action))


_LAG = """
SELECT name, halted, (
    SELECT count(*) FROM (SELECT FROM stored_events WHERE notification_id > position LIMIT 100000) behind
) AS lag FROM read_model WHERE name = ANY($1)
"""
