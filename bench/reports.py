"""Device models: stations that report theirs, all parts of 20 variables as fast as they are answered.

Run as `python -m bench.reports URL STATIONS`, this is the load, which knows nothing of the server's code.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.processes import Load, csms
from bench.socket import Socket, connect

STATIONS = 10
PARTS = 100
VARIABLES = 20


def measured(folder: Path) -> dict[str, Any]:
    """CPU a part takes of the server, read models included, and of PostgreSQL."""
    results: dict[str, Any] = {}
    with csms(folder) as server:
        for name in ("first", "again"):  # first all values are news, then none is
            load = Load("bench.reports", server.ocpp, str(STATIONS))
            server.until_read_models_have_all()
            server_before, postgres_before = server.cpu()
            load.go()
            parts = load.result()["parts"]
            server.until_read_models_have_all()
            server_after, postgres_after = server.cpu()
            results[f"{name}_ms_per_part"] = (server_after - server_before) / parts * 1e3
            results[f"{name}_postgres_ms_per_part"] = (postgres_after - postgres_before) / parts * 1e3
    return results


def _part(number: int) -> dict[str, Any]:
    return {
        "requestId": 1,
        "seqNo": number,
        "tbc": number + 1 < PARTS,
        "generatedAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "reportData": [_variable(number * VARIABLES + n) for n in range(VARIABLES)],
    }


def _variable(n: int) -> dict[str, Any]:
    return {
        "component": {"name": f"Component{n // 50}", "evse": {"id": 1 + n % 4, "connectorId": 1}},
        "variable": {"name": f"Variable{n}", "instance": "Default"},
        "variableAttribute": [{"type": "Actual", "value": f"{n}.5", "mutability": "ReadWrite", "persistent": True}],
        "variableCharacteristics": {
            "unit": "W",
            "dataType": "decimal",
            "minLimit": 0,
            "maxLimit": 22000.5,
            "supportsMonitoring": True,
        },
    }


async def _load(url: str, stations: int) -> int:
    sockets = [await connect(f"{url}/REPORT{n:03d}", "ocpp2.0.1") for n in range(stations)]
    boot = {"chargingStation": {"vendorName": "Bench", "model": "B2"}, "reason": "PowerUp"}
    for socket in sockets:
        await _said(socket, "BootNotification", boot)
    print("BEGIN", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return sum(await asyncio.gather(*map(_report, sockets)))


async def _report(socket: Socket) -> int:
    for number in range(PARTS):
        await _said(socket, "NotifyReport", _part(number))
    return PARTS


async def _said(socket: Socket, action: str, payload: dict[str, Any]) -> None:
    kind, _, *rest = orjson.loads(await socket.ask(orjson.dumps([2, "1", action, payload])))
    if kind != 3:
        raise RuntimeError(f"{action} was answered {rest}")


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"parts": uvloop.run(_load(sys.argv[1], int(sys.argv[2])))}) + "\n")
