"""The read side: CPU of a page of 100 stations, and how long after its commit an event is seen by a subscriber."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

import httpx
import psutil
import uvloop
from websockets.asyncio.client import connect

from bench.processes import Csms, Load, cpu_of, csms

PAGE = """{ stations(first: 100) { edges { node {
    id online ocppVersion vendor model lastSeenAt evses { id connectors { id status errorCode updatedAt } }
} } pageInfo { hasNextPage endCursor } } }"""
QUERIES = 100


def page(folder: Path) -> dict[str, Any]:
    """Server CPU of `stations(first: 100)` with EVSEs and connectors; the stations are those of the idle benchmark."""
    with csms(folder) as server:
        server_process = psutil.Process(server.process.pid)
        with httpx.Client() as client:
            for _ in range(20):
                answer = client.post(f"{server.http}/graphql", json={"query": PAGE}).json()
            edges = answer["data"]["stations"]["edges"]
            idle = cpu_of(server_process)
            for _ in range(QUERIES):
                client.post(f"{server.http}/graphql", json={"query": PAGE})
            used = cpu_of(server_process) - idle
        return {"stations": len(edges), "cpu_ms": used / QUERIES * 1000}


def subscription(folder: Path, seconds: float = 8, rate: int = 1_000) -> dict[str, Any]:
    with csms(folder) as server:
        return uvloop.run(_subscribe(server, seconds, rate))


async def _subscribe(server: Csms, seconds: float, rate: int) -> dict[str, Any]:
    """From the moment the server learned of an event (its own clock, before the commit) to the subscriber's hands."""
    load = await asyncio.to_thread(Load, "bench.paced", server.ocpp, "200", str(seconds), str(rate))
    delays: list[float] = []
    url = server.http.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"], max_size=None) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        query = 'subscription { events(filter: {types: ["day.message-received"]}) { recordedAt } }'
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        await asyncio.sleep(1)
        load.go()
        ended = asyncio.create_task(asyncio.to_thread(load.result))
        while not ended.done():
            try:
                message = json.loads(await asyncio.wait_for(socket.recv(), 1))
            except TimeoutError:
                continue
            recorded = datetime.fromisoformat(message["payload"]["data"]["events"]["recordedAt"])
            delays.append(time() - recorded.timestamp())
        result = await ended
    delays.sort()
    return {
        "events": len(delays),
        "messages_per_second": result["messages"] / result["seconds"],
        "p50_ms": delays[len(delays) // 2] * 1000,
        "p95_ms": delays[int(len(delays) * 0.95)] * 1000,
    }
