"""What every command does first: read the settings, have a database, run an event loop."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop
from pydantic import ValidationError

from app.embedded_postgres import EmbeddedPostgres
from app.settings import Settings

T = TypeVar("T")


class InvalidSettings(ValueError):
    """The environment says something that cannot be; one line a mistake."""


def read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as invalid:
        problems = (("_".join(map(str, p["loc"])).upper(), p["msg"]) for p in invalid.errors())
        raise InvalidSettings("\n".join(f"CSMS_{name}: {text}" if name else text for name, text in problems)) from None


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The DSN to work with: the one that is set, else that of the embedded PostgreSQL, run as long as the context."""
    if settings.database_url:
        yield settings.database_url
        return
    for name in ("PGPORT", "PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE"):
        os.environ.pop(name, None)  # meant for another server
    with EmbeddedPostgres(settings.data_dir) as embedded:
        yield embedded.start()


def run(work: Coroutine[Any, Any, T]) -> T:
    return uvloop.run(work)
