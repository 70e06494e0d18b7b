"""Stations that send heartbeats at a steady rate. Run as `python -m bench.paced URL STATIONS SECONDS RATE`."""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter

import orjson
import uvloop

from bench.socket import connect


async def main(url: str, stations: int, seconds: float, rate: float) -> None:
    started, ready, sent = asyncio.Event(), asyncio.Semaphore(0), 0

    async def station(index: int) -> None:
        nonlocal sent
        socket = await connect(f"{url}/PACED-{index:04d}", "ocpp1.6")
        boot = {"chargePointVendor": "Bench", "chargePointModel": "Paced"}
        await socket.ask(orjson.dumps([2, "0", "BootNotification", boot]))
        ready.release()
        await started.wait()
        begun, interval = perf_counter(), stations / rate
        due = begun + interval * index / stations
        while due < begun + seconds:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            await socket.ask(orjson.dumps([2, f"{due}", "Heartbeat", {}]))
            sent += 1
            due += interval
        socket.abort()

    tasks = [asyncio.create_task(station(index)) for index in range(stations)]
    for _ in range(stations):
        await ready.acquire()
    print("BEGIN", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    begun = perf_counter()
    started.set()
    await asyncio.gather(*tasks)
    sys.stdout.write(json.dumps({"messages": sent, "seconds": perf_counter() - begun}) + "\n")


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
