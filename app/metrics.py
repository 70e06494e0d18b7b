"""What Prometheus can ask of a process."""

from __future__ import annotations

import asyncpg
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from api.ocpp.node import Counters, Node
from app.journal import PostgresJournal
from projections.all import READ_MODELS
from projections.runner import RunnerCounters

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time beside every counter that nobody asks for

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
        self._children: dict[tuple[str, str, str], Counter] = {}

    def counters(self) -> Counters:
        return Counters(message=self._message, answered=self._answers.observe)

    def runner_counters(self) -> RunnerCounters:
        return RunnerCounters(
            batch=self._batch,
            parked=lambda model: self._parked.labels(model).inc(),
            halted=lambda model: self._halted.labels(model).set(1),
        )

    def watch(self, journal: PostgresJournal, node: Node | None) -> None:
        journal.writer.observe_commit = self._commit
        self._waiting.set_function(lambda: journal.writer.waiting)
        if node is not None:
            self._connections.set_function(lambda: len(node.connections))

    async def collect(self, pool: asyncpg.Pool) -> bytes:
        """The text of /metrics; asks the database how far the read models are."""
        for record in await pool.fetch(_LAG, [model.schema for model in READ_MODELS]):
            self._lag.labels(record["name"]).set(record["lag"])
            self._halted.labels(record["name"]).set(1 if record["halted"] else 0)
        self._parked_now.set(await pool.fetchval("SELECT count(*) FROM parked_event"))
        return generate_latest(self.registry)

    def _message(self, version: str, action: str, outcome: str) -> None:
        # What a stranger calls an action must not become a time series.
        key = version, "unknown" if outcome == "NotImplemented" else action, outcome
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._messages.labels(*key)
        child.inc()

    def _commit(self, seconds: float, events: int) -> None:
        self._appends.observe(seconds)
        self._events.inc(events)

    def _batch(self, events: int, seconds: float) -> None:
        self._batches.observe(seconds)
        self._applied.inc(events)


_LAG = """
SELECT name, halted, (
    SELECT count(*) FROM (SELECT FROM stored_events WHERE notification_id > position LIMIT 100000) behind
) AS lag FROM read_model WHERE name = ANY($1)
"""
