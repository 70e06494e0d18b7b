"""What a 1.6 and a 2.0.1 station tell of the same session comes to the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from domain.aggregate import DomainEvent
from tests.api.ocpp.line import Line

COURSE_16: list[tuple[str, dict[str, Any]]] = [
    (
        "StatusNotification",
        {"connectorId": 1, "status": "Charging", "errorCode": "NoError", "timestamp": "2026-11-20T12:00:00Z"},
    ),
    ("Authorize", {"idTag": "ABC123"}),
    (
        "StartTransaction",
        {"connectorId": 1, "idTag": "ABC123", "meterStart": 1500, "timestamp": "2026-11-20T12:00:00Z"},
    ),
    (
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 1,
            "meterValue": [{"timestamp": "2026-11-20T12:05:00Z", "sampledValue": [{"value": "1.6", "unit": "kWh"}]}],
        },
    ),
    (
        "StopTransaction",
        {"transactionId": 1, "meterStop": 4000, "timestamp": "2026-11-20T12:09:00Z", "reason": "EVDisconnected"},
    ),
    ("Heartbeat", {}),
]


def _event(event_type: str, minute: int, trigger: str, value: float, **more: Any) -> tuple[str, dict[str, Any]]:
    at = f"2026-11-20T12:{minute:02}:00Z"
    sample = {
        "value": value,
        "context": {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(event_type, "Trigger"),
    }
    info = {"transactionId": "1"} | ({"stoppedReason": "EVDisconnected"} if event_type == "Ended" else {})
    return "TransactionEvent", {
        "eventType": event_type,
        "timestamp": at,
        "triggerReason": trigger,
        "seqNo": minute,
        "transactionInfo": info,
        "meterValue": [{"timestamp": at, "sampledValue": [sample]}],
        **more,
    }


_TOKEN = {"idToken": "ABC123", "type": "ISO14443"}
COURSE_201: list[tuple[str, dict[str, Any]]] = [
    (
        "StatusNotification",
        {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied", "timestamp": "2026-11-20T12:00:00Z"},
    ),
    ("Authorize", {"idToken": _TOKEN}),
    _event("Started", 0, "Authorized", 1500, evse={"id": 1, "connectorId": 1}, idToken=_TOKEN),
    _event("Updated", 5, "MeterValuePeriodic", 1600),
    _event("Ended", 9, "EVDeparted", 4000),
    ("Heartbeat", {}),
]


async def test_both_versions_leave_the_same_events(
    v16: Line, v201: Line, permit: Callable[..., Awaitable[None]]
) -> None:
    await permit("ABC123")
    events = {}
    for line, course in ((v16, COURSE_16), (v201, COURSE_201)):
        events[line] = []
        for action, payload in course:
            await line.call(action, payload)
            events[line] += line.happened
    assert [_core(event) for event in events[v16]] == [_core(event) for event in events[v201]]
    one, other = (await v16.transaction("1")).facts, (await v201.transaction("1")).facts
    for fact in ("evse", "authorization", "started_at", "authorized_at", "ended_at", "stopped_reason", "state"):
        assert getattr(one, fact) == getattr(other, fact), fact
    assert one.energy.wh == other.energy.wh == 2500
    assert one.usage() == other.usage()


def _core(event: DomainEvent) -> dict[str, Any]:
    """What is the same for both: the kind, the place, the station's time, what a token was answered."""
    same = ("evse_id", "connector_id", "occurred_at", "authorization", "action", "transaction_id", "stopped_reason")
    return {"topic": event.TOPIC} | {name: getattr(event, name) for name in same if hasattr(event, name)}
