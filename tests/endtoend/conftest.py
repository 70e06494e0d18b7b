"""Black box: what these tests know is the contract. Servers are processes, stations are the `ocpp` package's."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.endtoend.front_end import Api
from tests.endtoend.server import Server
from tests.endtoend.stations import Station16, Station201

_numbers = itertools.count(1)


class Registered(NamedTuple):
    """A station as the operator has entered it."""

    kind: type[Any]
    id: str
    password: str


@pytest.fixture(scope="session")
def server(database_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests that neither stop it nor mind others' stations. It has never said that something unforeseen
    happened.
    """
    name = f"csms_endtoend_{os.getpid()}_{next(_numbers)}"  # the fixture is imported elsewhere, too
    asyncio.run(_execute(database_url, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"))
    dsn = urlsplit(database_url)._replace(path=f"/{name}").geturl()
    server = Server(tmp_path_factory.mktemp("server"), dsn, answer_timeout="2", unknown_stations="reject")
    try:
        server.start()
        yield server
        assert server.stop() == 0
    finally:
        server.kill()
        asyncio.run(_execute(database_url, f"DROP DATABASE {name} WITH (FORCE)"))
    errors = [line for line in server.log.splitlines() if '"level": "error"' in line or line.startswith("Traceback")]
    assert not errors, errors[:5]


@pytest.fixture
def own_server(dsn: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers, over one database of the test's own, that it may stop and kill."""
    servers = []

    def make(**settings: Any) -> Server:
        servers.append(Server(tmp_path, dsn, **settings))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.kill()


@pytest.fixture
async def api(server: Server) -> AsyncIterator[Api]:
    async with Api(server) as api:
        yield api


@pytest.fixture(params=[Station16, Station201], ids=lambda kind: kind.version)
def kind(request: pytest.FixtureRequest) -> type[Any]:
    """The version that a station speaks."""
    return request.param


@pytest.fixture
async def registered(api: Api, kind: type[Any]) -> Registered:
    """A station that the operator has just entered, with the password that was made for it."""
    return await register(api, kind)


@pytest.fixture
def dice() -> random.Random:
    """Random moments that can be had again: set CSMS_TEST_SEED to what was printed."""
    seed = int(os.environ.get("CSMS_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"\nCSMS_TEST_SEED={seed}")
    return random.Random(seed)


async def register(api: Api, kind: type[Any]) -> Registered:
    station_id = f"CS{kind.version.replace('.', '')}-{next(_numbers)}"
    payload = await api.well("registerStation", "password station { id securityProfile }", stationId=station_id)
    assert payload["station"] == {"id": station_id, "securityProfile": 1}
    assert len(payload["password"]) == 40
    return Registered(kind, station_id, payload["password"])


async def _execute(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(statement)
    await connection.close()
