"""Puts the parts together into a running process, and takes them apart again in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import structlog
from websockets.asyncio.server import Server as Listener

from api.ocpp.feed import follow_journal
from api.ocpp.listener import listen
from api.ocpp.node import Node
from api.ocpp.pki import Pki
from api.ocpp.registry import load_messages
from app import secrets
from app.caretaker import take_care
from app.database import connect, migrate_async
from app.http import bound, listen_http
from app.journal import PostgresJournal
from app.metrics import Metrics
from app.pki import open_pki
from app.reconciling.reconciler import reconcile_stations
from app.settings import Settings, UnknownStations, UnknownTags
from app.system import Role, ServerFailed, System, background, utc_now
from domain.values import AuthorizationStatus
from projections.all import READ_MODELS
from projections.runner import Runner

__all__ = ["Role", "ServerFailed", "System", "running", "serve", "utc_now"]

log = structlog.get_logger(__name__)

_CLOSES_PER_SECOND = 200
"""At a stop sockets are closed at this pace, so that the stations do not all come back at once."""
_SERVICE_RESTART = 1012


@asynccontextmanager
async def running(settings: Settings, dsn: str, role: Role = Role.ALL) -> AsyncIterator[System]:
    """Start a process; leaving the context stops it gracefully: no new work, calls in hand finished, sockets closed
    in stages.
    """
    async with AsyncExitStack() as stack:
        door = stack.enter_context(bound(settings.http_host, settings.http_port))
        await migrate_async(dsn)
        pool = await connect(dsn)
        stack.push_async_callback(_close, pool)
        journal = await PostgresJournal.open(dsn, pool)
        stack.push_async_callback(journal.close)
        system = System(settings, dsn, pool, journal)
        metrics = Metrics()
        if role in (Role.OCPP, Role.API) and settings.pepper is None:
            hint = "processes that do not share CSMS_DATA_DIR need the same CSMS_PEPPER"
            log.warning("server.pepper_of_its_own", data_dir=str(settings.data_dir), hint=hint)
        if role in (Role.ALL, Role.PROJECTIONS):
            system.runner = Runner(journal, pool, READ_MODELS, counters=metrics.runner_counters())
            await system.runner.prepare()
            await stack.enter_async_context(background(system, system.runner.run(), "read-models"))
        else:
            await _until_read_models_exist(pool)
        if role in (Role.ALL, Role.OCPP):
            pki = await stack.enter_async_context(open_pki(settings))
            await stack.enter_async_context(_stations(system, metrics, pki))
        metrics.watch(journal, system.node)
        await stack.enter_async_context(listen_http(system, metrics, role, door))
        gc.collect()
        gc.freeze()  # what has been loaded by now stays too
        system.unseen = await journal.head() if role in (Role.ALL, Role.API) else None
        system.ready = True
        log.info("server.ready", role=role, http=system.http_port, ocpp=system.ocpp_port, node=settings.node)
        try:
            yield system
        finally:
            system.ready = False
            log.info("server.stopping")


async def _close(pool: asyncpg.Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), 5)
    except TimeoutError:  # the database does not even take a farewell
        pool.terminate()


@asynccontextmanager
async def _stations(system: System, metrics: Metrics, pki: Pki) -> AsyncIterator[None]:
    settings = system.settings
    load_messages()
    node = system.node = Node(
        settings.node,
        system.journal,
        utc_now,
        secrets.pepper(settings),
        accept_unknown=settings.unknown_stations is UnknownStations.ACCEPT,
        master_pass_group=settings.master_pass_group,
        unknown_tags=(
            AuthorizationStatus.ACCEPTED if settings.unknown_tags is UnknownTags.ACCEPT else AuthorizationStatus.INVALID
        ),
        heartbeat_interval=settings.heartbeat_interval,
        answer_timeout=settings.answer_timeout,
        transaction_grace=settings.transaction_grace,
        transaction_silence=settings.transaction_silence,
        pki=pki,
        counters=metrics.counters(),
    )
    async with (
        background(system, follow_journal(node, await system.journal.head()), "feed"),
        background(system, take_care(node, system.pool), "caretaker"),
        background(system, reconcile_stations(node, system.pool), "reconciler"),
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


async def _until_read_models_exist(pool: asyncpg.Pool) -> None:
    """Other roles answer from tables that the process with the read models makes."""
    names = [model.schema for model in READ_MODELS]
    while await pool.fetchval("SELECT count(*) FROM read_model WHERE name = ANY($1)", names) < len(names):
        log.info("server.waiting", reason="no process with --role projections has made the read models yet")
        await asyncio.sleep(1)


async def serve(settings: Settings, dsn: str, role: Role) -> None:
    """Run until SIGINT or SIGTERM, which may come while it starts. Raises ServerFailed if it cannot go on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(stack.enter_async_context(running(settings, dsn, role)))
        await _first(starting, stop.wait())
        if not starting.done():
            log.info("server.stopped_while_starting")
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        system = starting.result()
        await _first(stop.wait(), system.failed.wait())
        if system.failure:
            raise ServerFailed(system.failure)


async def _first(*awaitables: Awaitable[Any]) -> None:
    """Wait for one of several; those that are not tasks of their own end with it."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task, awaitable in zip(tasks, awaitables, strict=True):
        if task is not awaitable:
            task.cancel()
