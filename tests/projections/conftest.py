"""Here the tests of a file share a database, emptied after each: many are shorter than making one takes."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.journal import PostgresJournal
from tests.projections.shelf import Shelf

_numbers = itertools.count(1)
_EMPTY = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname ~ '_v[0-9]' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
END $$;
DELETE FROM stored_events; DELETE FROM read_model; DELETE FROM parked_event; DELETE FROM node
"""


@pytest.fixture(scope="module")
def shared_dsn(database_url: str, template: str) -> Iterator[str]:
    name = f"csms_projections_{os.getpid()}_{next(_numbers)}"
    _execute(database_url, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
    yield urlsplit(database_url)._replace(path=f"/{name}").geturl()
    _execute(database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def dsn(shared_dsn: str) -> Iterator[str]:
    yield shared_dsn
    _execute(shared_dsn, _EMPTY)


@pytest.fixture
def shelf(pool: asyncpg.Pool, journal: PostgresJournal) -> Shelf:
    return Shelf(journal, pool)


def _execute(dsn: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())
