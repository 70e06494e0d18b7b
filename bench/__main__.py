"""`python -m bench [--seconds N] [--only NAME]`: every figure we promise, measured, as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import closed_loop, idle, journal, reading, reports

PROMISES = {
    "server CPU a durable OCPP message (µs)": ("loop", "server_us_per_message", "<=", 150.0),
    "  in-memory server on the ocpp package (µs)": ("reference", "server_us_per_message", None, 0.0),
    "  PostgreSQL CPU a message (µs)": ("loop", "postgres_us_per_message", None, 0.0),
    "  client CPU a message (µs)": ("loop", "client_us_per_message", None, 0.0),
    "messages/s, 200 stations": ("loop", "messages_per_second", None, 0.0),
    "  in-memory server on the ocpp package": ("reference", "messages_per_second", None, 0.0),
    "  until the read models have all (s)": ("loop", "catching_up_seconds", None, 0.0),
    "the disk alone: slowest fdatasync of 3 s (ms)": ("disk", "max_ms", None, 0.0),
    "answer p50 (ms)": ("loop", "p50_ms", None, 0.0),
    "answer p99 (ms)": ("loop", "p99_ms", "<=", 50.0),
    "journal alone (durable events/s)": ("journal", "events_per_second", ">=", 25_000.0),
    "rebuild availability (events/s)": ("rebuild", "availability", ">=", 50_000.0),
    "rebuild sessions (events/s)": ("rebuild", "sessions", ">=", 50_000.0),
    "memory of an idle station (KB)": ("memory", "kb_per_station", "<=", 25.0),
    "GraphQL page of 100 stations (CPU ms)": ("page", "cpu_ms", "<=", 10.0),
    "server CPU a part of a report, 20 variables (ms)": ("reports", "first_ms_per_part", "<=", 1.0),
    "  nothing in it being news (ms)": ("reports", "again_ms_per_part", "<=", 1.0),
    "commit to subscriber p95 at 1,000/s (ms)": ("subscription", "p95_ms", "<=", 100.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of the closed loop")
    parser.add_argument("--only", help="disk, journal, reference, loop, rebuild, memory, page, reports or subscription")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="csms-bench-") as folder:
        results = _measure(Path(folder), chosen.seconds, chosen.only)
    _show(results)
    print(json.dumps(results))


def _measure(folder: Path, seconds: float, only: str | None) -> dict[str, Any]:
    loop = folder / "loop"
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "disk": lambda: _disk(folder / "disk"),
        "journal": lambda: journal.writing(folder / "journal"),
        "reference": lambda: closed_loop.reference(seconds / 2),
        "loop": lambda: closed_loop.ours(loop, seconds),
        "rebuild": lambda: journal.rebuilding(loop, ("availability", "sessions")),
        "memory": lambda: idle.memory(folder / "idle"),
        "page": lambda: reading.page(folder / "idle"),
        "reports": lambda: reports.measured(folder / "reports"),
        "subscription": lambda: reading.subscription(folder / "idle"),
    }
    needs = {"rebuild": "loop", "page": "memory"}
    results: dict[str, Any] = {"cpu": _cpu(), "noise": _noise()}
    for name, step in steps.items():
        if only is None or name == only or name == needs.get(only):
            Console(stderr=True).print(f"measuring {name} …", style="dim")
            results[name] = step()
    return results


def _cpu() -> str:
    try:
        names = [x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x]
    except OSError:
        names = [platform.processor()]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _noise() -> dict[str, float]:
    """The same little work over and over: how much its time varies says how quiet the machine is."""
    times = []
    for _ in range(50):
        started = perf_counter()
        sum(range(200_000))
        times.append(perf_counter() - started)
    times.sort()
    return {"median_ms": median(times) * 1000, "p90_over_p10": times[44] / times[5]}


def _disk(file: Path) -> dict[str, Any]:
    """What every commit waits for, without anybody else: a stall of the disk is one of all answers under way."""
    times: list[float] = []
    number = os.open(file, os.O_CREAT | os.O_WRONLY)
    try:
        os.write(number, bytes(16 << 20))
        os.fsync(number)
        os.lseek(number, 0, os.SEEK_SET)
        until = perf_counter() + 3
        while perf_counter() < until and os.lseek(number, 0, os.SEEK_CUR) < 16 << 20:
            started = perf_counter()
            os.write(number, bytes(16 << 10))
            os.fdatasync(number)
            times.append(perf_counter() - started)
            sleep(0.003)
    finally:
        os.close(number)
    times.sort()
    return {"p50_ms": median(times) * 1000, "p99_ms": times[len(times) * 99 // 100] * 1000, "max_ms": times[-1] * 1000}


def _show(results: dict[str, Any]) -> None:
    table = Table(
        "what", "measured", "promised", "", title=f"{results['cpu']} · noise {results['noise']['p90_over_p10']:.2f}"
    )
    table.columns[1].justify = table.columns[2].justify = "right"
    for name, (step, key, relation, bound) in PROMISES.items():
        if step in results:
            value = results[step][key]
            holds = relation is None or (value <= bound if relation == "<=" else value >= bound)
            promised = f"{'≤' if relation == '<=' else '≥'} {bound:,.0f}" if relation else ""
            table.add_row(
                name, f"{value:,.1f}", promised, "" if relation is None else "[green]✓" if holds else "[red]✗"
            )
    Console().print(table)


if __name__ == "__main__":
    main()
