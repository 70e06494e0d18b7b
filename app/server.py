"""Puts the parts together into a running process, and takes them apart again in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import asyncpg
import structlog
import uvicorn
from fastapi import FastAPI, Response
from websockets.asyncio.server import Server as Listener

from api.graphql.bulletin import Bulletin
from api.graphql.context import Services
from api.graphql.router import graphql_router
from api.ocpp.feed import follow_journal
from api.ocpp.listener import listen
from api.ocpp.node import Node
from api.ocpp.registry import load_messages
from app import secrets
from app.caretaker import take_care
from app.database import connect, migrate_async
from app.journal import PostgresJournal
from app.metrics import Metrics
from app.settings import Settings, UnknownStations
from projections.all import READ_MODELS
from projections.runner import Runner

log = structlog.get_logger(__name__)

_CLOSES_PER_SECOND = 200
"""At a stop sockets are closed at this pace, so that the stations do not all come back at once."""
_SERVICE_RESTART = 1012


class Role(StrEnum):
    """What a process does. One does everything; several share the work over one database."""

    ALL = "all"
    OCPP = "ocpp"
    API = "api"
    PROJECTIONS = "projections"


@dataclass
class System:
    """A running process, for whoever embeds or tests it."""

    settings: Settings
    dsn: str
    pool: asyncpg.Pool
    journal: PostgresJournal
    node: Node | None = None
    runner: Runner | None = None
    ocpp_port: int | None = None
    http_port: int | None = None
    ready: bool = False


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def running(settings: Settings, dsn: str, role: Role = Role.ALL) -> AsyncIterator[System]:
    """Start a process; leaving the context stops it gracefully: no new work, calls in hand finished, sockets closed
    in stages.
    """
    await migrate_async(dsn)
    async with AsyncExitStack() as stack:
        pool = await connect(dsn)
        stack.push_async_callback(pool.close)
        journal = await PostgresJournal.open(dsn, pool)
        stack.push_async_callback(journal.close)
        system = System(settings, dsn, pool, journal)
        metrics = Metrics()
        if role in (Role.ALL, Role.PROJECTIONS):
            system.runner = Runner(journal, pool, READ_MODELS, counters=metrics.runner_counters())
            await system.runner.prepare()
            await stack.enter_async_context(_background(system.runner.run(), "read-models"))
        else:
            await _until_read_models_exist(pool)
        if role in (Role.ALL, Role.OCPP):
            await stack.enter_async_context(_stations(system, metrics))
        metrics.watch(journal, system.node)
        await stack.enter_async_context(_http(system, metrics, role))
        gc.collect()
        gc.freeze()  # what is here now stays; the collector need not look at it again
        gc.set_threshold(50_000, 20, 100)  # messages leave no cycles behind: looking for them cost a tenth of the CPU
        system.ready = True
        log.info("server.ready", role=role, http=system.http_port, ocpp=system.ocpp_port, node=settings.node)
        try:
            yield system
        finally:
            system.ready = False
            log.info("server.stopping")


@asynccontextmanager
async def _stations(system: System, metrics: Metrics) -> AsyncIterator[None]:
    settings = system.settings
    load_messages()
    node = system.node = Node(
        settings.node,
        system.journal,
        utc_now,
        secrets.pepper(settings),
        accept_unknown=settings.unknown_stations is UnknownStations.ACCEPT,
        heartbeat_interval=settings.heartbeat_interval,
        answer_timeout=settings.answer_timeout,
        counters=metrics.counters(),
    )
    async with (
        _background(follow_journal(node, await system.journal.head()), "feed"),
        _background(take_care(node, system.pool), "caretaker"),
    ):
        listener = await listen(
            node, settings.ocpp_host, settings.ocpp_port, max_message_bytes=settings.max_message_bytes
        )
        system.ocpp_port = next(iter(listener.sockets)).getsockname()[1]
        try:
            yield
        finally:
            await _close_in_stages(listener, node)


async def _close_in_stages(listener: Listener, node: Node) -> None:
    listener.close(close_connections=False)
    closing = []
    for connection in list(node.connections.values()):
        closing.append(asyncio.create_task(connection.close(_SERVICE_RESTART, "the server restarts")))
        await asyncio.sleep(1 / _CLOSES_PER_SECOND)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), 10)
    listener.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(listener.wait_closed(), 10)


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own handling of signals: the whole process stops in one order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _http(system: System, metrics: Metrics, role: Role) -> AsyncIterator[None]:
    settings = system.settings
    app = FastAPI(title="CSMS", docs_url=None, redoc_url=None, openapi_url=None)
    _add_operations(app, system, metrics)
    async with AsyncExitStack() as stack:
        if role in (Role.ALL, Role.API):
            bulletin = Bulletin(system.dsn, system.pool)
            await stack.enter_async_context(_background(bulletin.run(), "bulletin"))
            services = Services(
                pool=system.pool,
                journal=system.journal,
                clock=utc_now,
                pepper=secrets.pepper(settings),
                authenticate=secrets.authenticator(settings, _show_key),
                bulletin=bulletin,
            )
            app.include_router(graphql_router(services))
        config = uvicorn.Config(
            app,
            settings.http_host,
            settings.http_port,
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=5,
        )
        server = _Uvicorn(config)
        await stack.enter_async_context(_background(server.serve(), "http", stop=lambda: _stop(server)))
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        system.http_port = server.servers[0].sockets[0].getsockname()[1]
        yield


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _show_key(key: str) -> None:
    print(f"\nAPI key, shown only this once (set CSMS_API_KEY to choose your own):\n  {key}\n", flush=True)


def _add_operations(app: FastAPI, system: System, metrics: Metrics) -> None:
    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/health/ready")
    async def ready(response: Response) -> dict[str, Any]:
        problem = await _problem(system)
        response.status_code = 503 if problem else 200
        return {"status": "not ready", "problem": problem} if problem else {"status": "ready"}

    @app.get("/metrics")
    async def show_metrics() -> Response:
        return Response(await metrics.collect(system.pool), media_type="text/plain; version=0.0.4")


async def _problem(system: System) -> str | None:
    if not system.ready:
        return "starting or stopping"
    try:
        await asyncio.wait_for(system.pool.fetchval("SELECT 1"), 2)
    except Exception as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


async def _until_read_models_exist(pool: asyncpg.Pool) -> None:
    """Other roles answer from tables that the process with the read models makes."""
    names = [model.schema for model in READ_MODELS]
    while await pool.fetchval("SELECT count(*) FROM read_model WHERE name = ANY($1)", names) < len(names):
        log.info("server.waiting", reason="no process with --role projections has made the read models yet")
        await asyncio.sleep(1)


@asynccontextmanager
async def _background(coroutine: Any, name: str, stop: Any = None) -> AsyncIterator[None]:
    """A task that lives as long as the context; `stop` asks it to end, else it is cancelled."""
    task = asyncio.create_task(coroutine, name=name)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        if stop is not None:
            stop()
        else:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("server.task_failed", task=task.get_name(), error=repr(error))


async def serve(settings: Settings, dsn: str, role: Role) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, dsn, role):
        await stop.wait()
