"""What is shared by the parts of a running process: what it is, what it has, and what it cannot do without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import asyncpg
import structlog

from api.ocpp.node import Node
from app.journal import PostgresJournal
from app.settings import Settings
from projections.runner import Runner

log = structlog.get_logger(__name__)


class Role(StrEnum):
    """What a process does. One does everything; several share the work over one database."""

    ALL = "all"
    OCPP = "ocpp"
    API = "api"
    PROJECTIONS = "projections"


class ServerFailed(RuntimeError):
    """Something that the process cannot do without has ended; the message says what."""


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
    failure: str | None = None
    """What has ended that should not have; `failed` is set then, and the process is to be stopped."""
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    unseen: int | None = None
    """The position up to which answers must reach before the process calls itself ready."""

    def lost(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        self.failure = f"{task.get_name()} ended: {error!r}"
        log.error("server.task_failed", task=task.get_name(), error=repr(error))
        self.failed.set()


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def background(
    system: System, coroutine: Coroutine[Any, Any, None], name: str, stop: Callable[[], None] | None = None
) -> AsyncIterator[None]:
    """A task that lives as long as the context; `stop` asks it to end, else it is cancelled. The process cannot do
    without it.
    """
    task = asyncio.create_task(coroutine, name=name)
    task.add_done_callback(system.lost)
    try:
        yield
    finally:
        task.remove_done_callback(system.lost)
        if stop is not None:
            stop()
        else:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
