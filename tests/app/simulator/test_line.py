"""Boots, breaks and lost answers: what was measured arrives, in order and unchanged."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from typing import Any

import pytest
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

START16 = call16.RemoteStartTransaction(id_tag="04AA", connector_id=1)
START201 = call201.RequestStartTransaction(
    id_token={"idToken": "04AA", "type": "Central"}, remote_start_id=7, evse_id=1
)
STARTS = {"1.6": START16, "2.0.1": START201}
NAME = "SIM-0001"


async def charging(csms: Any, version: str) -> None:
    """A remotely started session that has sent two samples."""
    await csms.until(lambda: csms.calls(NAME, "StatusNotification")[1:])
    assert (await csms.ask(NAME, STARTS[version])).status == "Accepted"
    await csms.until(lambda: len(transaction_messages(csms)) >= 5)


def transaction_messages(csms: Any) -> list[tuple[str, dict[str, Any]]]:
    wanted = ("StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent")
    return [heard for heard in csms.heard[NAME] if heard[0] in wanted]


def offline(csms: Any) -> list[bool]:
    return [payload.get("offline", False) for _, payload in transaction_messages(csms)]


def moment(payload: dict[str, Any]) -> str:
    return str(payload.get("timestamp") or payload["meter_value"][0]["timestamp"])


@pytest.mark.parametrize(("version", "status"), [("1.6", "Rejected"), ("2.0.1", "Pending")])
async def test_a_station_not_accepted_waits_for_the_interval(csms: Any, version: str, status: str) -> None:
    csms.boot_answers = [(status, 1)]
    began = time.monotonic()
    async with csms.fleet(version=version, sessions=0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification"))
    assert 0.9 < time.monotonic() - began < 3
    assert [action for action, _ in csms.heard[NAME][:3]] == ["BootNotification"] * 2 + ["StatusNotification"]


async def test_a_pending_station_refuses_to_start_and_boots_when_triggered(csms: Any) -> None:
    csms.boot_answers = [("Pending", 300)]
    async with csms.fleet(sessions=0):
        await csms.until(lambda: csms.calls(NAME, "BootNotification"))
        assert (await csms.ask(NAME, START201)).status == "Rejected"
        assert (await csms.ask(NAME, call201.TriggerMessage("BootNotification"))).status == "Accepted"
        await csms.until(lambda: csms.calls(NAME, "StatusNotification"))
    assert [boot["reason"] for boot in csms.calls(NAME, "BootNotification")] == ["PowerUp", "Triggered"]


async def test_the_password_comes_with_the_station_id(csms: Any) -> None:
    async with csms.fleet(sessions=0, password=lambda station: f"{station}:secret"):
        await csms.until(lambda: csms.authorizations)
    assert csms.authorizations == ["Basic " + b64encode(b"SIM-0001:SIM-0001:secret").decode()]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_what_happens_offline_is_delivered_in_order_afterwards(csms: Any, version: str) -> None:
    async with csms.fleet(version=version, sessions=0):
        await charging(csms, version)
        csms.down = True
        csms.drop(NAME)
        await asyncio.sleep(0.2)
        before = len(transaction_messages(csms))
        csms.down = False
        await csms.until(lambda: len(transaction_messages(csms)) > before + 8 and not offline(csms)[-1])
    messages = transaction_messages(csms)
    moments = [moment(payload) for _, payload in messages]
    assert moments == sorted(moments)
    assert len(csms.calls(NAME, "BootNotification")) == 1, "a mere reconnect is no boot"
    if version == "2.0.1":
        numbers = [payload["seq_no"] for _, payload in messages]
        assert sorted(set(numbers)) == list(range(len(set(numbers))))
        assert sum(offline(csms)) > 5
        assert not offline(csms)[0]


async def test_a_session_that_starts_offline_gets_its_id_late(csms: Any) -> None:
    async with csms.fleet(version="1.6", sessions=1, idle=60.0, stay=900.0, retry=0.05) as running:
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[2:])
        csms.down = True
        csms.drop(NAME)
        await asyncio.sleep(0.4)
        assert transaction_messages(csms) == []
        csms.down = False
        stats = await running
    assert len(stats.finished) == 2
    assert {f.transaction_id for f in stats.finished} == {"1", "2"}
    assert {m["transaction_id"] for m in csms.calls(NAME, "MeterValues")} == {1, 2}


@pytest.mark.parametrize(("version", "action"), [("1.6", "StartTransaction"), ("2.0.1", "TransactionEvent")])
async def test_a_lost_answer_repeats_the_same_content_with_a_new_message_id(
    csms: Any, version: str, action: str
) -> None:
    csms.lost = [action]
    async with csms.fleet(version=version, sessions=1, idle=60.0, stay=600.0) as running:
        stats = await running
    first, again = csms.calls(NAME, action)[:2]
    assert json.dumps(first, sort_keys=True) == json.dumps(again, sort_keys=True)
    assert len(set(csms.ids[NAME])) == len(csms.ids[NAME])
    assert len(stats.finished) == 2


async def test_a_message_without_answer_is_repeated_after_the_timeout(csms: Any) -> None:
    """The socket stays open: only the answer is missing."""
    async with csms.fleet(version="1.6", sessions=1, idle=60.0, stay=600.0, timeout=0.2) as running:
        station = await csms.until(lambda: csms.stations.get(NAME))
        answer, swallowed = station._send, []

        async def swallow(message: str) -> None:
            if "transactionId" in message and not swallowed:
                swallowed.append(message)
            else:
                await answer(message)

        station._send = swallow
        stats = await running
    assert stats.timeouts == 1
    starts = csms.calls(NAME, "StartTransaction")
    assert (len(starts), len(csms.transactions), len(stats.finished)) == (3, 2, 2)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_in_chaos_every_session_still_arrives_whole(csms: Any, version: str) -> None:
    plan: dict[str, Any] = {"stations": 4, "sessions": 2, "idle": 60.0, "stay": 900.0, "timeout": 1.0}
    async with csms.fleet(version=version, chaos=1.0, **plan) as running:
        stats = await running
    assert stats.reconnects > 0
    assert (len(stats.finished), stats.call_errors, stats.dropped) == (16, 0, 0)
    for name in stats.stations:
        numbers: dict[str, list[int]] = {}
        for event in csms.calls(name, "TransactionEvent"):
            numbers.setdefault(event["transaction_info"]["transaction_id"], []).append(event["seq_no"])
        for seen in numbers.values():
            assert sorted(set(seen)) == list(range(max(seen) + 1))


async def test_a_server_that_forgot_the_station_gets_a_new_boot(csms: Any) -> None:
    from ocpp.exceptions import SecurityError

    async with csms.fleet(sessions=0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[1:])
        csms.error = SecurityError("who are you?")
        await csms.ask(NAME, call201.TriggerMessage("Heartbeat"))
        await csms.until(lambda: len(csms.calls(NAME, "BootNotification")) == 2)
