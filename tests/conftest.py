"""A PostgreSQL for the tests that need one, and in it a fresh migrated database for each of them.

The server is that of CSMS_TEST_DATABASE_URL, whose role must be allowed to create databases, else one of our own.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.database import connect, migrate
from app.embedded_postgres import EmbeddedPostgres
from app.journal import PostgresJournal

pytest.register_assert_rewrite("tests.journal.contract", "tests.api.ocpp.line")
for module in ("server", "front_end", "stations", "billing", "ledger"):  # used by the tests of the documents too
    pytest.register_assert_rewrite(f"tests.endtoend.{module}")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """DSN of a database on the test server; made for connecting to, not for writing into."""
    given = os.environ.get("CSMS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # meant for another server: PGPORT, PGUSER, PGOPTIONS, …
    with tempfile.TemporaryDirectory(prefix="csms-test-") as folder, EmbeddedPostgres(Path(folder)) as server:
        yield server.start()


@pytest.fixture(scope="session")
def template(database_url: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    with _database(database_url) as dsn:
        migrate(dsn)
        yield urlsplit(dsn).path.removeprefix("/")


@pytest.fixture
def dsn(database_url: str, template: str) -> Iterator[str]:
    """DSN of a migrated database of the test's own (0.1 s)."""
    with _database(database_url, template) as dsn:
        yield dsn


@pytest.fixture
def new_dsn(database_url: str, template: str) -> Iterator[Callable[[], str]]:
    """More databases, for a test that needs several: each call makes one."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(_database(database_url, template))


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(dsn)
    yield pool
    await pool.close()


@pytest.fixture
async def journal(dsn: str, pool: asyncpg.Pool) -> AsyncIterator[PostgresJournal]:
    journal = await PostgresJournal.open(dsn, pool)
    yield journal
    await journal.close()


@contextmanager
def _database(database_url: str, template: str = "template0") -> Iterator[str]:
    name = f"csms_test_{os.getpid()}_{next(_numbers)}"
    _execute(database_url, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
    try:
        yield urlsplit(database_url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(database_url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(statement)
        await connection.close()

    with ThreadPoolExecutor(1) as thread:  # a test that asks for one more has its own loop running
        thread.submit(lambda: asyncio.run(run())).result()
