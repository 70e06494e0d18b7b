"""What every command does first: read the settings, have a database, run an event loop."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog
import uvloop
from pydantic import ValidationError

from app.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from app.settings import Settings

log = structlog.get_logger(__name__)
T = TypeVar("T")


class InvalidSettings(ValueError):
    """The environment says something that cannot be; one line a mistake."""


def read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as invalid:
        problems = (
            ("_".join(map(str, p["loc"])).upper(), p["msg"].removeprefix("Value error, ")) for p in invalid.errors()
        )
        raise InvalidSettings("\n".join(f"CSMS_{name}: {text}" if name else text for name, text in problems)) from None


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The DSN to work with: the one that is set, else that of the embedded PostgreSQL, run as long as the context."""
    if settings.database_url:
        yield settings.database_url
        return
    for name in ("PGPORT", "PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE"):
        os.environ.pop(name, None)  # meant for another server
    embedded = EmbeddedPostgres(settings.data_dir)
    try:
        with _undisturbed():
            dsn = embedded.start()
        with _kept_running(embedded):
            yield dsn
    finally:
        with _undisturbed():
            embedded.stop()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that come meanwhile are heard afterwards: half a start of PostgreSQL would leave it running for ever."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda received, _: came.append(received)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _kept_running(embedded: EmbeddedPostgres) -> Iterator[None]:
    """Brings the server back a second after it died: nobody else would. A thread, since that may take a while."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1):
            try:
                if embedded.ensure_running():
                    log.warning("database.brought_back")
            except (EmbeddedPostgresError, OSError) as error:
                log.error("database.does_not_come_back", error=str(error))

    thread = threading.Thread(target=watch, name="postgres-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def run(work: Coroutine[Any, Any, T]) -> T:
    gc.freeze()  # what is here now stays; the collector need not look at it again
    # Messages leave no cycles behind. What is under way at full load, most of it events that the read models have not
    # had yet, must not set the collector off: each look at it would be a pause for all.
    gc.set_threshold(250_000, 10, 10)
    return uvloop.run(work)
