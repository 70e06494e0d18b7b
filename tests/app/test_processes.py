"""`csms serve` and `csms demo` as processes: alone, split by role, and told to end at any moment."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.line import station, until
from tests.app.processes import Process, csms, free_port, is_ready

Serve = Callable[..., Process]
SECONDS = 15
"""In which a process has to end, on a machine that does other things too; by itself it takes one."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Serve]:
    """Starts processes that are killed at the end of the test, should they still be there."""
    started: list[Process] = []

    def one(*arguments: str, **settings: Any) -> Process:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Process(folder, *arguments, **{"data_dir": tmp_path / "data", "log_level": "DEBUG"} | settings))
        return started[-1]

    yield one
    for process in started:
        process.kill()


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module", autouse=True)
def demo(demo_folder: Path) -> Iterator[Process]:
    """Twelve seconds of it, beside the other tests of this file."""
    arguments = ("demo", "--stations", "4", "--duration", "12", "--speed", "600")
    process = Process(demo_folder, *arguments, data_dir=demo_folder, http_port=0, ocpp_port=0)
    yield process
    process.kill()


class Api:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, query: str, **variables: Any) -> Any:
        response = await self._client.post("/graphql", json={"query": query, "variables": variables})
        answer = response.json()
        assert "errors" not in answer, answer
        return answer["data"]


@asynccontextmanager
async def graphql(port: int) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60, headers={"Authorization": "Bearer key"}
    ) as client:
        yield Api(client)


ONLINE = '{ station(id: "CS1") { online ocppVersion } }'
CLEAR = """mutation { requestCommand(input: {stationId: "CS1", action: "ClearCache", payload: {}, waitSeconds: 30})
{ command { status response } error { code } } }"""
ACROSS = """{ commandForms(stationId: "CS1", action: "ClearCache") { typedAs }
  reconciliations(first: 1, stationId: "CS1") { nodes { id } } }"""
RECONCILE = (
    """mutation { reconcileStation(input: {stationId: "CS1", waitSeconds: 30}) { reconciliation { status } } }"""
)


async def is_online(api: Api) -> bool:
    found = (await api.ask(ONLINE))["station"]
    return found is not None and found["online"]


async def test_a_demo_runs_on_a_database_of_its_own(demo: Process, demo_folder: Path) -> None:
    await demo.says("GraphQL")
    assert any("postgres" in command for command in processes_in(demo_folder))


async def test_the_work_is_split_over_three_processes_and_one_after_the_other_is_restarted(
    start: Serve, dsn: str
) -> None:
    http = {role: free_port() for role in ("ocpp", "api", "projections")}
    ocpp = free_port()

    def role(name: str) -> Process:
        return start(
            "serve",
            "--role",
            name,
            database_url=dsn,
            http_port=http[name],
            ocpp_port=ocpp,
            unknown_stations="accept",
            api_key="key",
        )

    processes = {name: role(name) for name in http}  # in no particular order: who needs another waits for it
    for port in http.values():
        await until(lambda port=port: is_ready(port), 60)  # type: ignore[misc]
    async with graphql(http["api"]) as api:
        async with station(ocpp) as cs1:
            await cs1.boot()
            await until(lambda: is_online(api))
            answer = (await api.ask(CLEAR))["requestCommand"]
            assert answer == {"command": {"status": "ACCEPTED", "response": {"status": "Accepted"}}, "error": None}
            assert cs1.heard == [("ClearCache", {})]
            assert await api.ask(ACROSS) == {
                "commandForms": [{"typedAs": "ClearCache"}],
                "reconciliations": {"nodes": []},
            }
            assert (await api.ask(RECONCILE))["reconcileStation"]["reconciliation"] == {"status": "DONE"}

            for name in ("projections", "api"):  # the station notices nothing
                assert (await processes[name].end())[0] == 0
                processes[name] = role(name)
                assert "currentTime" in await cs1.call("Heartbeat")
                await until(lambda name=name: is_ready(http[name]), 60)  # type: ignore[misc]
            assert (await api.ask(CLEAR))["requestCommand"]["command"]["status"] == "ACCEPTED"

            code, _ = await processes["ocpp"].end()
            assert (code, await cs1.closed()) == (0, 1012)
        await until(lambda: _is_offline(api))
    for name in ("api", "projections"):
        assert (await processes[name].end())[0] == 0
    for process in processes.values():
        assert '"level": "error"' not in process.said
        assert "Traceback" not in process.said
    roles = {name: json.loads(process.said.splitlines()[-1])["event"] for name, process in processes.items()}
    assert set(roles.values()) == {"server.stopping"}


async def _is_offline(api: Api) -> bool:
    return not await is_online(api)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_server_that_is_told_to_end_does_so_within_seconds(start: Serve, dsn: str, number: int) -> None:
    ocpp = free_port()
    process = start("serve", database_url=dsn, http_port=0, ocpp_port=ocpp, unknown_stations="accept")
    await process.says("server.ready")
    async with station(ocpp) as cs1:
        await cs1.boot()
        code, seconds = await process.end(number)
        assert await cs1.closed() == 1012
    assert code == 0
    assert seconds < SECONDS
    assert "Traceback" not in process.said
    assert process.said.count("API key, shown only this once") == 1


async def test_a_server_that_waits_for_another_can_be_told_to_end(start: Serve, dsn: str) -> None:
    process = start("serve", "--role", "api", database_url=dsn, http_port=0)
    await process.says("no process with --role projections")
    code, seconds = await process.end()
    assert code == 0
    assert seconds < SECONDS
    assert "Traceback" not in process.said


async def test_a_port_in_use_is_told_in_a_line(start: Serve, dsn: str, tmp_path: Path) -> None:
    http, ocpp = free_port(), free_port()
    process = start("serve", database_url=dsn, http_port=http, ocpp_port=ocpp, node_id="first")
    await process.says("server.ready")
    for ports in ({"http_port": http, "ocpp_port": 0}, {"http_port": 0, "ocpp_port": ocpp}):
        done = await asyncio.to_thread(csms, tmp_path, "serve", database_url=dsn, node_id="second", **ports)
        assert done.returncode == 1
        [line] = [line for line in done.stderr.splitlines() if line.startswith("csms: ")]
        assert "in use" in line
        assert "set CSMS_HTTP_PORT and CSMS_OCPP_PORT to free ports" in line
        assert "Traceback" not in done.stderr
    assert await is_ready(http)
    assert (await process.end())[0] == 0


def processes_in(folder: Path) -> list[str]:
    """What runs with this folder in its command: the embedded PostgreSQL and whoever uses it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, NotADirectoryError, ProcessLookupError, PermissionError):
            continue
        if str(folder) in command:
            found.append(command)
    return found


async def test_an_embedded_database_is_not_left_running_whenever_the_signal_comes(start: Serve, tmp_path: Path) -> None:
    for number, moment in ((signal.SIGTERM, "postgres.log"), (signal.SIGINT, "postmaster.pid")):
        data = tmp_path / f"data-{moment}"
        process = start("serve", data_dir=data, http_port=0, ocpp_port=0)
        await until(lambda data=data, moment=moment: _exists(data, moment))  # type: ignore[misc]
        code, seconds = await process.end(number)
        assert code in (0, 1, 128 + number)
        assert seconds < 2 * SECONDS
        assert processes_in(data) == []
        assert "Traceback" not in process.said


async def _exists(folder: Path, name: str) -> bool:
    return await asyncio.to_thread(lambda: any(folder.rglob(name)))


async def test_a_demo_ends_cleanly_by_itself_and_leaves_no_process_behind(demo: Process, demo_folder: Path) -> None:
    assert await asyncio.to_thread(demo.process.wait, 60) == 0, demo.said
    assert "The demo has ended cleanly" in demo.said
    assert "sessions billed" in demo.said
    assert "Traceback" not in demo.said
    assert processes_in(demo_folder) == []
