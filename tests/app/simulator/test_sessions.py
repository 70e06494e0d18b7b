"""Whole sessions, against a server that keeps what it hears."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from ocpp.v16 import call

REGISTER = "Energy.Active.Import.Register"
PLAN: dict[str, Any] = {"sessions": 2, "idle": 60.0, "stay": 1800.0}


def registers(payload: dict[str, Any]) -> list[float]:
    samples = [s for value in payload.get("meter_value") or () for s in value["sampled_value"]]
    return [float(s["value"]) for s in samples if s["measurand"] == REGISTER]


def shapes(events: list[dict[str, Any]]) -> list[str]:
    """Trigger reasons, runs of the same one once."""
    return [reason for reason, _ in groupby(event["trigger_reason"] for event in events)]


async def test_a_16_station_runs_whole_sessions(csms: Any) -> None:
    async with csms.fleet(version="1.6", **PLAN) as running:
        stats = await running
    heard = csms.heard["SIM-0001"]
    assert [action for action, _ in heard[:4]] == ["BootNotification", *["StatusNotification"] * 3]
    assert [payload["connector_id"] for _, payload in heard[1:4]] == [0, 1, 2]
    starts, stops = csms.calls("SIM-0001", "StartTransaction"), csms.calls("SIM-0001", "StopTransaction")
    assert len(starts) == len(stops) == len(stats.finished) == 4
    for stop in stops:
        id = stop["transaction_id"]
        values = [m for m in csms.calls("SIM-0001", "MeterValues") if m["transaction_id"] == id]
        series = [starts[id - 1]["meter_start"], *(r for m in values for r in registers(m)), stop["meter_stop"]]
        assert len(values) > 3
        assert series == sorted(series)
        assert series[-1] > series[0]
        contexts = [value["sampled_value"][0]["context"] for value in stop["transaction_data"]]
        assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
    states = [s["status"] for s in csms.calls("SIM-0001", "StatusNotification") if s["connector_id"] == 1][1:]
    assert states[:2] == ["Preparing", "Charging"]
    assert states[-1] == "Available"


async def test_a_201_station_runs_whole_sessions(csms: Any) -> None:
    async with csms.fleet(**PLAN) as running:
        stats = await running
    by_id: dict[str, list[dict[str, Any]]] = {}
    for event in csms.calls("SIM-0001", "TransactionEvent"):
        by_id.setdefault(event["transaction_info"]["transaction_id"], []).append(event)
    assert len(by_id) == len(stats.finished) == 4
    for events in by_id.values():
        assert [event["seq_no"] for event in events] == list(range(len(events)))
        kinds = [event["event_type"] for event in events]
        assert kinds == ["Started", *["Updated"] * (len(events) - 2), "Ended"]
        series = [r for event in events[:-1] for r in registers(event)]
        series.append(registers(events[-1])[-1])
        assert series == sorted(series)
        assert series[-1] > series[0]
        assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
        assert "ChargingStateChanged" in shapes(events)
        assert sum("evse" in event for event in events) == 1
        assert events[0]["meter_value"][0]["sampled_value"][0]["context"] == "Transaction.Begin"
        assert events[-1]["meter_value"][-1]["sampled_value"][0]["context"] == "Transaction.End"


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_the_ground_truth_is_what_the_server_heard(csms: Any, version: str) -> None:
    async with csms.fleet(version=version, **PLAN) as running:
        stats = await running
    assert sum(f.energy_wh for f in stats.finished) == pytest.approx(stats.energy_wh, abs=len(stats.finished))
    assert (stats.boots, stats.call_errors, stats.dropped, stats.waiting) == (1, 0, 0, 0)
    for connector in (1, 2):
        mine = sorted((f for f in stats.finished if f.connector == connector), key=lambda f: f.started_at)
        assert mine[1].meter_start_wh == mine[0].meter_stop_wh, "the register lives on"
    heard = "StopTransaction" if version == "1.6" else "TransactionEvent"
    last = {
        str(p.get("transaction_id") or p["transaction_info"]["transaction_id"]): p["timestamp"]
        for p in csms.calls("SIM-0001", heard)
    }
    assert {f.transaction_id: f.ended_at.isoformat(timespec="milliseconds") for f in stats.finished} == {
        id: at.replace("Z", "+00:00") for id, at in last.items()
    }


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_token_nobody_knows_does_not_charge(csms: Any, version: str) -> None:
    async with csms.fleet(version=version, sessions=1, idle=60, invalid_tokens=1.0) as running:
        stats = await running
    assert len(csms.calls("SIM-0001", "Authorize")) == 2
    assert stats.energy_wh == 0
    assert csms.calls("SIM-0001", "StartTransaction") == []
    assert all(f.id_token is None and f.reason == "EVDisconnected" for f in stats.finished)


async def test_a_start_the_server_refuses_is_stopped(csms: Any) -> None:
    async with csms.fleet(version="1.6", speed=600.0, sessions=0) as _:
        await csms.until(lambda: len(csms.calls("SIM-0001", "StatusNotification")) == 3)
        await csms.ask("SIM-0001", call.ChangeConfiguration("AuthorizeRemoteTxRequests", "false"))
        await csms.ask("SIM-0001", call.RemoteStartTransaction(id_tag="DEAD", connector_id=1))
        stop = await csms.until(lambda: csms.calls("SIM-0001", "StopTransaction"))
    assert stop[0]["reason"] == "DeAuthorized"
    assert csms.calls("SIM-0001", "Authorize") == []


async def test_a_mixed_fleet_speaks_both(csms: Any) -> None:
    async with csms.fleet(version="mixed", stations=4, sessions=1, idle=60, stay=600) as running:
        stats = await running
    assert [seen.version for seen in stats.stations.values()] == ["1.6", "2.0.1", "1.6", "2.0.1"]
    assert {f.station for f in stats.finished} == {"SIM-0001", "SIM-0002", "SIM-0003", "SIM-0004"}
    assert stats.sessions_started == stats.sessions_ended == len(stats.finished) == 8
