"""What a simulated 2.0.1 station does with charging profiles."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v201 import call

NAME = "SIM-0001"


@pytest.fixture
async def two(csms: Any) -> Any:
    async with csms.fleet(version="2.0.1", sessions=0, speed=1200.0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[1:])
        yield csms


def profile(id: int, purpose: str = "TxDefaultProfile", level: int = 0, limit: float = 6, **more: Any) -> Any:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    return {
        "id": id,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
        **more,
    }


async def install(csms: Any, evse_id: int, profile: Any) -> str:
    answer = await csms.ask(NAME, call.SetChargingProfile(evse_id=evse_id, charging_profile=profile))
    return str(answer.status)


async def reported(csms: Any, evse_id: int | None = None, **criterion: Any) -> list[tuple[int, list[int]]]:
    """EVSEs with the ids of their profiles, as they come in parts."""
    before = len(csms.calls(NAME, "ReportChargingProfiles"))
    request = call.GetChargingProfiles(request_id=before + 1, evse_id=evse_id, charging_profile=criterion)
    if (await csms.ask(NAME, request)).status == "NoProfiles":
        return []

    def parts() -> list[Any]:
        told = csms.calls(NAME, "ReportChargingProfiles")[before:]
        return told if told and not told[-1]["tbc"] else []

    told = await csms.until(parts)
    assert {part["request_id"] for part in told} == {before + 1}
    return [(part["evse_id"], [each["id"] for each in part["charging_profile"]]) for part in told]


async def test_profiles_are_held_replaced_reported_and_cleared(two: Any) -> None:
    assert await reported(two) == []
    assert await install(two, 0, profile(1, "ChargingStationMaxProfile")) == "Accepted"
    assert await install(two, 1, profile(2)) == "Accepted"
    assert await install(two, 1, profile(3)) == "Accepted", "in the place of 2"
    assert await install(two, 2, profile(4, level=1)) == "Accepted"
    assert await reported(two) == [(0, [1]), (1, [3]), (2, [4])]
    assert await reported(two, evse_id=0) == [(0, [1])]
    assert await reported(two, chargingProfileId=[3, 4], stackLevel=1) == [(2, [4])]
    assert await reported(two, chargingLimitSource=["EMS"]) == []
    criteria = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile"}
    assert (await two.ask(NAME, call.ClearChargingProfile(charging_profile_criteria=criteria))).status == "Accepted"
    assert (await two.ask(NAME, call.ClearChargingProfile(charging_profile_id=3))).status == "Unknown"
    assert await reported(two) == [(0, [1]), (2, [4])]
    assert (await two.ask(NAME, call.ClearChargingProfile())).status == "Accepted"
    assert await reported(two) == []


@pytest.mark.parametrize(
    ("evse_id", "given"),
    [
        (9, profile(1)),
        (1, profile(1, "ChargingStationMaxProfile")),
        (0, profile(1, "ChargingStationExternalConstraints")),
        (1, profile(1, "TxProfile", transactionId="none")),
    ],
)
async def test_what_cannot_be_is_rejected(two: Any, evse_id: int, given: Any) -> None:
    assert await install(two, evse_id, given) == "Rejected"


async def test_a_level_is_for_one_evse_or_for_all(two: Any) -> None:
    assert await install(two, 0, profile(1)) == "Accepted"
    assert await install(two, 1, profile(2)) == "Rejected"
    assert await install(two, 1, profile(1)) == "Accepted", "it moves"


async def test_a_profile_of_a_transaction_limits_it_and_goes_with_it(two: Any) -> None:
    start = call.RequestStartTransaction(id_token={"idToken": "04AA", "type": "Central"}, remote_start_id=7, evse_id=2)
    await two.ask(NAME, start)
    id = (await two.until(lambda: two.calls(NAME, "TransactionEvent")))[0]["transaction_info"]["transaction_id"]
    assert await install(two, 1, profile(1, "TxProfile", transactionId=id)) == "Rejected", "it is on EVSE 2"
    assert await install(two, 2, profile(1, "TxProfile", limit=10, transactionId=id)) == "Accepted"
    assert await install(two, 2, profile(2, limit=6)) == "Accepted"
    request = call.GetCompositeSchedule(duration=60, evse_id=2, charging_rate_unit="A")
    answer = await two.ask(NAME, request)
    assert answer.schedule["charging_schedule_period"] == [{"start_period": 0, "limit": 10.0}]
    await two.ask(NAME, call.RequestStopTransaction(transaction_id=id))
    await two.until(lambda: [e for e in two.calls(NAME, "TransactionEvent") if e["event_type"] == "Ended"])
    assert await reported(two) == [(2, [2])]
    answer = await two.ask(NAME, request)
    assert answer.schedule["charging_schedule_period"] == [{"start_period": 0, "limit": 6.0}]
    assert (await two.ask(NAME, call.GetCompositeSchedule(duration=60, evse_id=9))).status == "Rejected"
