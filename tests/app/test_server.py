"""A process from its start to its end: what it answers, what it survives, and that it stops in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.journal import PostgresJournal
from app.server import Role, ServerFailed, System, running, serve
from app.settings import Settings, UnknownStations
from domain.events import Command, StationDay
from domain.journal import Entry
from projections.all import READ_MODELS
from tests.app.line import station, until
from tests.app.processes import free_port

Start = Callable[..., Any]
METRICS = {
    "csms_messages",
    "csms_answer_seconds",
    "csms_append_seconds",
    "csms_events_appended",
    "csms_connections",
    "csms_appends_waiting",
    "csms_events_applied",
    "csms_batch_seconds",
    "csms_read_model_halted",
    "csms_read_model_lag_events",
    "csms_parked_events",
    "csms_database_up",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        http_port=0,
        ocpp_port=0,
        unknown_stations=UnknownStations.ACCEPT,
        api_key="key",
        answer_timeout=5,
    )


@pytest.fixture
async def system(settings: Settings, dsn: str) -> AsyncIterator[System]:
    async with running(settings, dsn) as system:
        yield system


@asynccontextmanager
async def http(system: System) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{system.http_port}"
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=30, headers={"Authorization": "Bearer key"}
    ) as client:
        yield client


async def topics(pool: asyncpg.Pool) -> list[str]:
    """Of all days, in order."""
    rows = await pool.fetch("SELECT topic FROM stored_events WHERE topic LIKE 'day.%' ORDER BY notification_id")
    return [row["topic"] for row in rows]


async def readiness(client: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    response = await client.get("/health/ready")
    return response.status_code, response.json()


async def is_ready(client: httpx.AsyncClient) -> bool:
    return (await readiness(client))[0] == 200


async def test_a_process_starts_on_free_ports_and_becomes_ready(system: System) -> None:
    async with http(system) as client:
        assert (await client.get("/health/live")).json() == {"status": "alive"}
        await until(lambda: is_ready(client))
        answer = await client.post("/graphql", json={"query": "{ stations(first: 1) { edges { node { id } } } }"})
        assert answer.json() == {"data": {"stations": {"edges": []}}}
        open_to_all = {route: (await client.get(route)).status_code for route in ("/docs", "/openapi.json", "/redoc")}
        assert set(open_to_all.values()) == {404}


async def test_a_process_is_ready_only_when_its_answers_are_whole(
    settings: Settings, dsn: str, journal: PostgresJournal
) -> None:
    async with running(settings, dsn, Role.PROJECTIONS):
        pass
    day = StationDay.open("CS1", None, datetime.now(UTC))
    await journal.append([Entry(event) for event in day.collect_events()])  # type: ignore[arg-type]
    async with running(settings, dsn, Role.API) as system, http(system) as client:
        await until(lambda: _answers(client, 503, "read models are still being built"))
        async with running(settings, dsn, Role.PROJECTIONS):
            await until(lambda: is_ready(client))
        assert await is_ready(client), "once whole, it is the projections' process that is late"


async def _answers(client: httpx.AsyncClient, code: int, problem: str) -> bool:
    status, told = await readiness(client)
    return status == code and problem in told.get("problem", "")


@asynccontextmanager
async def away(database_url: str, dsn: str) -> AsyncIterator[None]:
    """The database lets nobody in."""
    name = urlsplit(dsn).path.removeprefix("/")
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    try:
        yield
    finally:
        await connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        await connection.close()


async def test_a_process_outlives_its_database(system: System, database_url: str, dsn: str) -> None:
    async with http(system) as client, station(system.ocpp_port) as cs1:
        await cs1.boot()
        await until(lambda: is_ready(client))
        async with away(database_url, dsn):
            await until(lambda: _answers(client, 503, "the database does not answer"))
            assert (await client.get("/health/live")).status_code == 200
            assert "csms_database_up 0.0" in (await client.get("/metrics")).text
            answer = await cs1.send("Heartbeat")
            assert (await client.get("/health/live")).status_code == 200
            assert not answer.done(), "nothing is answered that is not recorded"
        assert "currentTime" in await asyncio.wait_for(answer, 30)
        await until(lambda: is_ready(client))
        assert "csms_database_up 1.0" in (await client.get("/metrics")).text
    assert (await topics(system.pool)).count("day.message-received") == 1


async def test_metrics_have_their_names_and_no_more_series_than_there_are_words(system: System) -> None:
    async with http(system) as client, station(system.ocpp_port) as cs1:
        await cs1.boot()
        for n in range(30):
            await cs1.call(f"MadeUp{n}")
        for n in range(30):
            mutation = "mutation($i: RequestCommandInput!) { requestCommand(input: $i) { command { status } } }"
            wanted = {"stationId": "CS1", "action": f"Invented{n}", "payload": {}, "waitSeconds": 10}
            await client.post("/graphql", json={"query": mutation, "variables": {"i": wanted}})
        await cs1.call("Heartbeat")
        families = {f.name: f for f in text_string_to_metric_families((await client.get("/metrics")).text)}
    assert families.keys() >= METRICS
    messages = {
        (s.labels["action"], s.labels["outcome"])
        for s in families["csms_messages"].samples
        if s.name.endswith("_total")
    }
    assert messages >= {("BootNotification", "answered"), ("Heartbeat", "answered"), ("-", "NotImplemented")}
    assert {action for action, _ in messages} <= {"BootNotification", "Heartbeat", "-"}
    assert families["csms_connections"].samples[0].value == 1
    lag = {s.labels["read_model"] for s in families["csms_read_model_lag_events"].samples}
    assert len(lag) == len(READ_MODELS)


async def test_at_a_stop_sockets_close_with_service_restart_and_that_is_recorded(
    settings: Settings, dsn: str, pool: asyncpg.Pool
) -> None:
    async with AsyncExitStack() as sockets:
        async with running(settings, dsn) as system:
            lines = [await sockets.enter_async_context(station(system.ocpp_port, f"CS{n}")) for n in (1, 2)]
            for line in lines:
                await line.boot()
        assert [await line.closed() for line in lines] == [1012, 1012]
    recorded = await topics(pool)
    assert recorded.count("day.booted") == recorded.count("day.disconnected") == 2


async def test_a_call_in_hand_at_the_stop_is_recorded_once_and_its_repetition_hears_the_same(
    settings: Settings, dsn: str, pool: asyncpg.Pool
) -> None:
    started = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-11-20T12:00:00Z"}
    async with AsyncExitStack() as sockets:
        async with running(settings, dsn) as system:
            cs1 = await sockets.enter_async_context(station(system.ocpp_port))
            await cs1.boot()
            hold = await pool.acquire()
            transaction = hold.transaction()
            await transaction.start()
            await hold.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")
            await cs1.send("StartTransaction", **started)
            await until(lambda: _an_append_waits(pool))
            leaving = asyncio.create_task(_after(0.2, transaction.commit))
        await leaving
        await pool.release(hold)
        assert await cs1.closed() == 1012
    recorded = await topics(pool)
    assert recorded[-1] == "day.disconnected"
    assert recorded.count("day.transaction-opened") == 1
    async with running(settings, dsn) as system, station(system.ocpp_port) as cs1:
        answer = await cs1.call("StartTransaction", **started)
    assert await pool.fetchval("SELECT count(*) FROM stored_events WHERE topic = 'transaction.started'") == 1
    assert answer["transactionId"] > 0


async def _an_append_waits(pool: asyncpg.Pool) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def _after(seconds: float, do: Callable[[], Any]) -> None:
    await asyncio.sleep(seconds)  # time in which the stop must not complete
    await do()


async def test_a_station_stays_accepted_over_a_restart(settings: Settings, dsn: str) -> None:
    async with running(settings, dsn) as system, station(system.ocpp_port) as cs1:
        assert await cs1.call("Heartbeat") == "SecurityError"
        await cs1.boot()
    async with running(settings, dsn) as system, station(system.ocpp_port) as cs1:
        assert "currentTime" in await cs1.call("Heartbeat")


async def test_a_command_asked_for_while_nobody_ran_is_sent_after_the_start(
    settings: Settings, dsn: str, journal: PostgresJournal
) -> None:
    async with running(settings, dsn) as system, station(system.ocpp_port) as cs1:
        await cs1.boot()
        now = system.node.clock() if system.node else None
    assert now is not None
    command = Command.blank(Command.stream("CS1", "c-1", now))
    command.request(
        station_id="CS1",
        command_id="c-1",
        action="ClearCache",
        payload={},
        typed=False,
        expires_at=now.replace(year=now.year + 1),
        idempotency_key=None,
        at=now,
    )
    await journal.append([Entry(event) for event in command.collect_events()])  # type: ignore[arg-type]
    async with running(settings, dsn) as system, station(system.ocpp_port) as cs1:
        await until(lambda: _heard(cs1.heard, "ClearCache"))


async def _heard(heard: list[tuple[str, Any]], action: str) -> bool:
    return action in [name for name, _ in heard]


@pytest.mark.parametrize("name", ["read-models", "feed", "caretaker", "bulletin", "http"])
async def test_a_process_that_has_lost_a_part_of_itself_says_so(system: System, name: str) -> None:
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == name]
    async with http(system) as client:
        assert (await client.get("/health/live")).status_code == 200
        task.cancel()
        await asyncio.wait_for(system.failed.wait(), 10)
        assert system.failure is not None
        assert system.failure.startswith(f"{name} ended")
        if name != "http":
            assert (await client.get("/health/live")).status_code == 503
            assert (await readiness(client))[0] == 503


async def test_a_server_that_has_lost_a_part_of_itself_ends(settings: Settings, dsn: str) -> None:
    serving = asyncio.create_task(serve(settings, dsn, Role.ALL))
    while not (parts := [task for task in asyncio.all_tasks() if task.get_name() == "bulletin"]):
        assert not serving.done()
        await asyncio.sleep(0.01)
    parts[0].cancel()
    with pytest.raises(ServerFailed, match="bulletin ended"):
        await asyncio.wait_for(serving, 30)


@pytest.mark.parametrize("taken", ["http", "ocpp"])
async def test_a_start_on_a_port_in_use_fails_and_leaves_nothing_open(
    settings: Settings, dsn: str, tmp_path: Path, taken: str
) -> None:
    async with running(settings, dsn) as system:
        ports = {"http_port": free_port(), "ocpp_port": free_port()}
        ports[f"{taken}_port"] = getattr(system, f"{taken}_port")
        with pytest.raises(OSError, match="in use"):
            async with running(settings.model_copy(update=ports), dsn):
                pass
        free = settings.model_copy(update=ports | {f"{taken}_port": 0, "node_id": "another"})
        async with running(free, dsn) as another:
            assert another.ready
