"""Whole sessions of 200 stations as fast as they are answered: throughput, latency, and the CPU a message takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil

from bench.processes import Csms, Load, cpu_of, csms, free_port, python

STATIONS = 200


def ours(folder: Path, seconds: float) -> dict[str, Any]:
    """Our server: database, fsync, read models and API running."""
    with csms(folder) as server:
        measured(server, 2)  # everything compiled, cached and warm
        return measured(server, seconds)


def measured(server: Csms, seconds: float) -> dict[str, Any]:
    load = Load("bench.stations", server.ocpp, str(STATIONS), str(seconds))
    server_before, postgres_before = server.cpu()
    load.go()
    result = load.result()
    catching_up = server.until_read_models_have_all()
    server_after, postgres_after = server.cpu()
    return {
        "catching_up_seconds": catching_up,
        **result,
        "messages_per_second": result["messages"] / result["seconds"],
        "server_us_per_message": (server_after - server_before) / result["messages"] * 1e6,
        "postgres_us_per_message": (postgres_after - postgres_before) / result["messages"] * 1e6,
        "client_us_per_message": result["client_cpu_seconds"] / result["messages"] * 1e6,
    }


def reference(seconds: float) -> dict[str, Any]:
    """The same load on an in-memory server built on the `ocpp` package."""
    port = free_port()
    process = python("-m", "bench.reference", str(port))
    try:
        assert process.stdout is not None
        process.stdout.readline()
        load = Load("bench.stations", f"ws://127.0.0.1:{port}", str(STATIONS), str(seconds))
        before = cpu_of(psutil.Process(process.pid))
        load.go()
        result = load.result()
        used = cpu_of(psutil.Process(process.pid)) - before
    finally:
        process.kill()
        process.wait()
    return {
        **result,
        "messages_per_second": result["messages"] / result["seconds"],
        "server_us_per_message": used / result["messages"] * 1e6,
    }
