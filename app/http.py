"""What a process answers over HTTP: health, metrics, and GraphQL where it is its role."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Response

from api.graphql.bulletin import Bulletin
from api.graphql.context import Services
from api.graphql.router import graphql_router
from api.ocpp.forms import forms
from app import secrets, signatures
from app.metrics import Metrics
from app.system import Role, ServerFailed, System, background, utc_now
from projections.all import READ_MODELS


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own handling of signals: the whole process stops in one order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that holds the port from the first moment, so that a start without it fails before it does anything."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
        yield door


@asynccontextmanager
async def listen_http(system: System, metrics: Metrics, role: Role, door: socket.socket) -> AsyncIterator[None]:
    settings = system.settings
    app = FastAPI(title="CSMS", docs_url=None, redoc_url=None, openapi_url=None)
    _add_operations(app, system, metrics)
    async with AsyncExitStack() as stack:
        if role in (Role.ALL, Role.API):
            bulletin = Bulletin(system.dsn, system.pool)
            await stack.enter_async_context(background(system, bulletin.run(), "bulletin"))
            services = Services(
                pool=system.pool,
                journal=system.journal,
                clock=utc_now,
                pepper=secrets.pepper(settings),
                authenticate=secrets.authenticator(settings, _show_key),
                bulletin=bulletin,
                forms=forms,
                signatures=signatures,
            )
            app.include_router(graphql_router(services))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="websockets-sansio", timeout_graceful_shutdown=5
        )
        server = _Uvicorn(config)
        serving = server.serve(sockets=[door])
        await stack.enter_async_context(background(system, serving, "http", stop=lambda: _stop(server)))
        while not server.started:  # uvicorn has no event for it
            if system.failure:
                raise ServerFailed(system.failure)
            await asyncio.sleep(0.01)
        system.http_port = door.getsockname()[1]
        yield


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _show_key(key: str) -> None:
    print(f"\nAPI key, shown only this once (set CSMS_API_KEY to choose your own):\n  {key}\n", flush=True)


def _add_operations(app: FastAPI, system: System, metrics: Metrics) -> None:
    @app.get("/health/live")
    async def live(response: Response) -> dict[str, Any]:
        response.status_code = 503 if system.failure else 200
        return {"status": "failed", "problem": system.failure} if system.failure else {"status": "alive"}

    @app.get("/health/ready")
    async def ready(response: Response) -> dict[str, Any]:
        problem = await _problem(system)
        response.status_code = 503 if problem else 200
        return {"status": "not ready", "problem": problem} if problem else {"status": "ready"}

    @app.get("/metrics")
    async def show_metrics() -> Response:
        return Response(await metrics.collect(system.pool), media_type="text/plain; version=0.0.4")


async def _problem(system: System) -> str | None:
    if system.failure:
        return system.failure
    if not system.ready:
        return "starting or stopping"
    try:
        async with asyncio.timeout(2):
            shown = await system.pool.fetchval(_SHOWN, [model.schema for model in READ_MODELS])
    except Exception as error:
        return f"the database does not answer: {type(error).__name__}"
    if system.unseen is not None and shown is not None:
        if shown < system.unseen:
            return "read models are still being built"
        system.unseen = None
    return None


_SHOWN = "SELECT min(position) FROM read_model WHERE name = ANY($1) AND halted IS NULL"
