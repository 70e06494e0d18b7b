"""Connected stations that say nothing: what does one cost in memory?

Run as `python -m bench.idle URL STATIONS`: connects, prints BEGIN, and holds the sockets until it is told to go.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.processes import Load, csms
from bench.socket import Socket, connect

STATIONS = 5_000


def memory(folder: Path) -> dict[str, Any]:
    with csms(folder) as server:
        # Once around first, so that pools, caches and compiled schemas are not counted as stations.
        first = Load("bench.idle", server.ocpp, "200", "warm")
        first.go()
        first.result()
        before = server.rss()
        load = Load("bench.idle", server.ocpp, str(STATIONS), "idle")
        used = server.rss() - before
        load.go()
        load.result()
        return {"stations": STATIONS, "kb_per_station": used / STATIONS / 1024, "rss_mb": (before + used) / 2**20}


async def hold(url: str, stations: int, prefix: str) -> None:
    gate = asyncio.Semaphore(50)

    async def one(index: int) -> Socket:
        async with gate:
            socket = await connect(f"{url}/{prefix}-{index:05d}", "ocpp1.6")
            boot = {"chargePointVendor": "Bench", "chargePointModel": "Idle"}
            status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
            for number, (action, payload) in enumerate((("BootNotification", boot), ("StatusNotification", status))):
                await socket.ask(orjson.dumps([2, str(number), action, payload]))
            return socket

    sockets = await asyncio.gather(*(one(index) for index in range(stations)))
    await asyncio.sleep(2)
    print("BEGIN", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print("{}", flush=True)
    for socket in sockets:
        socket.abort()


if __name__ == "__main__":
    uvloop.run(hold(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
