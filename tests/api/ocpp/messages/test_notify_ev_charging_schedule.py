from datetime import timedelta
from typing import Any

import pytest

from domain.ev_charging import EvChargingBook
from domain.events import Command
from domain.journal import Entry
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import said

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "evseId": 1,
        "timeBase": "2026-11-20T12:00:00Z",
        "chargingSchedule": {
            "id": 1,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        },
    }
}


def plan(limit: float) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": limit}]
    return EXAMPLES["2.0.1"] | {
        "chargingSchedule": {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    }


async def begin(line: Line, **info: Any) -> None:
    event = {
        "eventType": "Started",
        "timestamp": "2026-11-20T12:00:00Z",
        "triggerReason": "RemoteStart",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "TX1", **info},
        "evse": {"id": 1, "connectorId": 1},
    }
    await line.call("TransactionEvent", event)


async def send(
    line: Line,
    limit: str,
    answer: str | None = "Accepted",
    action: str = "SetChargingProfile",
    key: str | None = None,
    **more: Any,
) -> None:
    """The operator has a profile sent; the station answers, or has not yet."""
    line.node.clock.advance(seconds=1)  # type: ignore[attr-defined]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    if action == "SetChargingProfile":
        profile["transactionId"] = more.pop("transactionId", "TX1")
    typed = {"evseId": 1, "chargingProfile": profile, **more}
    await record(line, action, typed, answer, key)


async def record(line: Line, action: str, typed: dict[str, Any], answer: str | None, key: str | None = None) -> None:
    now = line.node.clock()
    command = Command.blank(Command.stream(line.station_id, f"{now.timestamp():.0f}", now))
    command.request(
        station_id=line.station_id,
        command_id="c",
        action=action,
        payload=typed,
        typed=True,
        expires_at=now + timedelta(minutes=1),
        idempotency_key=key,
        at=now,
    )
    _, payload = said("2.0.1", action, typed)
    command.send(message_id="m", action=action, payload=payload, protocol="ocpp2.0.1", answer_by=now, at=now)
    if answer is not None:
        command.answer({"status": answer}, accepted=answer == "Accepted", at=now)
    await line.journal.append([Entry(event) for event in command.collect_events()])


def asked(line: Line) -> list[Command.Requested]:
    """What follows from the last message, by itself."""
    return [event for event in line.happened if isinstance(event, Command.Requested)]


async def test_a_plan_that_nothing_limits_is_accepted(v201: Line) -> None:
    assert await v201.call("NotifyEVChargingSchedule", EXAMPLES["2.0.1"]) == {"status": "Accepted"}
    [event] = v201.happened
    assert isinstance(event, EvChargingBook.ScheduleNotified)
    assert (event.evse_id, event.transaction_id, event.accepted) == (1, None, True)
    await begin(v201)
    await send(v201, "6", transactionId="another")
    await send(v201, "6", answer="Rejected")
    assert await v201.call("NotifyEVChargingSchedule", plan(16)) == {"status": "Accepted"}


@pytest.mark.parametrize(("limit", "status"), [(6, "Accepted"), (6.1, "Rejected")])
@pytest.mark.parametrize("answer", ["Accepted", None])
async def test_a_plan_is_held_against_what_was_sent_last_answered_or_not(
    v201: Line, limit: float, status: str, answer: str | None
) -> None:
    await begin(v201)
    await send(v201, "32")
    await send(v201, "6", answer)
    assert await v201.call("NotifyEVChargingSchedule", plan(limit)) == {"status": status}
    event = v201.happened[0]
    assert isinstance(event, EvChargingBook.ScheduleNotified)
    assert (event.transaction_id, event.accepted) == ("TX1", status == "Accepted")
    assert len(asked(v201)) == (status == "Rejected")


async def test_what_a_car_does_not_keep_within_is_sent_again_word_for_word(v201: Line) -> None:
    await begin(v201)
    await send(v201, "6")
    await v201.call("NotifyEVChargingSchedule", plan(16))
    [again] = asked(v201)
    assert (again.action, again.typed, again.station_id) == ("SetChargingProfile", True, "CS201")
    assert again.payload["evseId"] == 1
    assert again.payload["chargingProfile"]["transactionId"] == "TX1"
    assert (again.expires_at - again.timestamp).total_seconds() == 60


async def test_the_profile_of_a_remote_start_counts_and_is_sent_again_for_its_transaction(v201: Line) -> None:
    start = {"idToken": "A", "idTokenType": "Central", "remoteStartId": 7}
    await send(v201, "6", action="RequestStartTransaction", **start)
    await begin(v201, remoteStartId=7)
    assert await v201.call("NotifyEVChargingSchedule", plan(16)) == {"status": "Rejected"}
    [again] = asked(v201)
    assert again.payload.keys() == {"evseId", "chargingProfile"}
    assert again.payload["chargingProfile"]["transactionId"] == "TX1"


async def test_after_three_repetitions_it_is_left_to_the_operator(v201: Line) -> None:
    await begin(v201)
    await send(v201, "6")
    for number in (1, 2, 3):
        await v201.call("NotifyEVChargingSchedule", plan(16))
        [again] = asked(v201)
        assert again.idempotency_key == f"renegotiation {number} of TX1"
        await send(v201, "6", key=again.idempotency_key)
    assert await v201.call("NotifyEVChargingSchedule", plan(16)) == {"status": "Rejected"}
    assert asked(v201) == []
    await send(v201, "6")
    await v201.call("NotifyEVChargingSchedule", plan(16))
    assert len(asked(v201)) == 1


@pytest.mark.parametrize(
    ("criteria", "answer", "status"),
    [
        ({"chargingProfileId": 1}, "Accepted", "Accepted"),
        ({"evseId": 1, "stackLevel": 0}, "Accepted", "Accepted"),
        ({}, "Unknown", "Accepted"),
        ({}, None, "Rejected"),
        ({"evseId": 2}, "Accepted", "Rejected"),
    ],
)
async def test_a_profile_that_was_cleared_limits_no_plan(
    v201: Line, criteria: dict[str, Any], answer: str | None, status: str
) -> None:
    await begin(v201)
    await send(v201, "6")
    v201.node.clock.advance(seconds=1)  # type: ignore[attr-defined]
    await record(v201, "ClearChargingProfile", criteria, answer)
    assert await v201.call("NotifyEVChargingSchedule", plan(16)) == {"status": status}
    await send(v201, "6")
    assert await v201.call("NotifyEVChargingSchedule", plan(16)) == {"status": "Rejected"}
