"""The load: stations in a process of their own that go through whole sessions as fast as they are answered (closed
loop).

Run as `python -m bench.stations URL STATIONS SECONDS`; prints one line of JSON. Knows nothing of the server's code.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from time import perf_counter, process_time
from typing import Any
from uuid import uuid4

import orjson
import uvloop

from bench.socket import connect

SAMPLES = 20
"""Meter values in a session."""

Send = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


SECONDS_A_SAMPLE = 10
"""By the station's clock, which runs ahead: else so much energy in so little time would be held for review."""


def _now(sample: int = 0) -> str:
    at = datetime.now(UTC) + timedelta(seconds=sample * SECONDS_A_SAMPLE)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _values(register: int, as_text: bool) -> list[dict[str, Any]]:
    values = (
        ("Energy.Active.Import.Register", register, "Wh"),
        ("Power.Active.Import", 11_040.5, "W"),
        ("Current.Import", 16.1, "A"),
        ("Voltage", 229.8, "V"),
        ("SoC", 55, "Percent"),
    )
    if as_text:
        return [{"value": str(v), "measurand": m, "unit": u} for m, v, u in values]
    return [{"value": v, "measurand": m, "unitOfMeasure": {"unit": u}} for m, v, u in values]


async def session_v16(send: Send, station: str, register: int) -> int:
    token = {"idTag": f"{station[:12]}"}
    await send("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"})
    await send("Authorize", token)
    start = {"connectorId": 1, **token, "meterStart": register, "timestamp": _now()}
    number = (await send("StartTransaction", start))["transactionId"]
    await send("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Charging"})
    for n in range(SAMPLES):
        register += 180
        sample = {"timestamp": _now(n + 1), "sampledValue": _values(register, as_text=True)}
        await send("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [sample]})
    stop = {**token, "transactionId": number, "meterStop": register, "timestamp": _now(SAMPLES + 1)}
    await send("StopTransaction", stop)
    await send("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Finishing"})
    await send("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    await send("Heartbeat", {})
    return register


async def session_v201(send: Send, station: str, register: int) -> int:
    token = {"idToken": station[:12], "type": "ISO14443"}
    info, evse, numbers = {"transactionId": str(uuid4())}, {"id": 1, "connectorId": 1}, count()

    def event(kind: str, trigger: str, sample: int = 0, **more: Any) -> dict[str, Any]:
        head = {"eventType": kind, "timestamp": _now(sample), "triggerReason": trigger, "seqNo": next(numbers)}
        return {**head, "transactionInfo": info, **more}

    def status(value: str) -> dict[str, Any]:
        return {"timestamp": _now(), "connectorStatus": value, "evseId": 1, "connectorId": 1}

    def meter(context: str, sample: int = 0) -> list[dict[str, Any]]:
        values = [{**value, "context": context} for value in _values(register, as_text=False)]
        return [{"timestamp": _now(sample), "sampledValue": values}]

    await send("StatusNotification", status("Occupied"))
    begin = meter("Transaction.Begin")
    await send("TransactionEvent", event("Started", "CablePluggedIn", evse=evse, meterValue=begin))
    await send("Authorize", {"idToken": token})
    await send("TransactionEvent", event("Updated", "Authorized", idToken=token))
    for n in range(1, SAMPLES + 1):
        register += 180
        values = meter("Sample.Periodic", n)
        await send("TransactionEvent", event("Updated", "MeterValuePeriodic", n, meterValue=values))
    values = meter("Transaction.End", SAMPLES + 1)
    await send("TransactionEvent", event("Ended", "EVDeparted", SAMPLES + 1, meterValue=values))
    await send("StatusNotification", status("Available"))
    await send("Heartbeat", {})
    return register


class Station:
    def __init__(self, url: str, index: int, answers: list[float]) -> None:
        self.version = "2.0.1" if index % 2 else "1.6"
        self.name = f"BENCH{index:05d}"
        self.url = f"{url}/{self.name}"
        self.answers = answers
        self.sessions = 0
        self._ids: Iterator[int] = count()

    async def run(self, until: _Deadline, started: asyncio.Event) -> None:
        socket = await connect(self.url, f"ocpp{self.version}")

        async def send(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            message_id = f"{next(self._ids)}"
            before = perf_counter()
            answer = await socket.ask(orjson.dumps([2, message_id, action, payload]))
            self.answers.append(perf_counter() - before)
            kind, answered, *rest = orjson.loads(answer)
            if kind != 3 or answered != message_id:
                raise RuntimeError(f"{action} was answered {rest}")
            return rest[0]  # type: ignore[no-any-return]

        await self._boot(send)
        await started.wait()
        session = session_v16 if self.version == "1.6" else session_v201
        register = 1_000
        while until > perf_counter():
            register = await session(send, self.name, register)
            self.sessions += 1
        socket.abort()

    async def _boot(self, send: Send) -> None:
        if self.version == "1.6":
            await send("BootNotification", {"chargePointVendor": "Bench", "chargePointModel": "B16"})
        else:
            await send(
                "BootNotification", {"chargingStation": {"vendorName": "Bench", "model": "B2"}, "reason": "PowerUp"}
            )


async def load(url: str, stations: int, seconds: float) -> dict[str, Any]:
    answers: list[float] = []
    started = asyncio.Event()
    fleet = [Station(url, index, answers) for index in range(stations)]
    begun = 0.0

    async def begin() -> None:
        nonlocal begun
        while len(answers) < stations:  # noqa: ASYNC110  # a benchmark may poll
            await asyncio.sleep(0.01)
        answers.clear()
        print("BEGIN", flush=True)  # the parent reads the server's CPU time now
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        begun = perf_counter()
        started.set()

    starting = asyncio.create_task(begin())
    cpu = process_time()

    async def bounded(station: Station) -> None:
        await station.run(_Deadline(started, seconds), started)

    await asyncio.gather(*(bounded(station) for station in fleet))
    await starting
    took = perf_counter() - begun
    answers.sort()
    return {
        "messages": len(answers),
        "seconds": took,
        "sessions": sum(station.sessions for station in fleet),
        "p50_ms": answers[len(answers) // 2] * 1000,
        "p99_ms": answers[int(len(answers) * 0.99)] * 1000,
        "client_cpu_seconds": process_time() - cpu,
    }


class _Deadline:
    """A moment that is some seconds after everybody started."""

    def __init__(self, started: asyncio.Event, seconds: float) -> None:
        self._started, self._seconds, self._until = started, seconds, 0.0

    def __gt__(self, moment: float) -> bool:
        if not self._until and self._started.is_set():
            self._until = moment + self._seconds
        return moment < self._until or not self._until


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))) + "\n")
