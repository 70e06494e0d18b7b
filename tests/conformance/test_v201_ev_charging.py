"""OCPP 2.0.1 Smart Charging with cars that speak ISO 15118: certification cases, named after their ids.

Needs are answered Processing; the profile is what an operator or an energy manager makes of them. A plan that goes
beyond the profile is rejected, and the profile is sent again by itself.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.smart_charging import ACCEPTED, cars, charging, event, of_transaction, schedule, set_profile
from tests.conformance.tool import Tool, moment

NEEDS = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400},
}


async def _needs(tool: Tool, transaction_id: str) -> None:
    """A car tells what it needs; the operator sees that it waits for a profile."""
    answer = await tool.call("NotifyEVChargingNeeds", evseId=1, chargingNeeds=NEEDS, maxScheduleTuples=12)
    assert answer["status"] == "Processing"
    [car] = await cars(tool)
    assert (car["transactionId"], car["evseId"], car["awaitsProfile"]) == (transaction_id, 1, True)
    assert (car["needs"]["ac"], car["needs"]["dc"]) == ({"energyAmount": 20000, "evMaxCurrent": 32}, None)
    assert (car["needs"]["energyTransfer"], car["maxScheduleTuples"]) == ("AC_three_phase", 12)


async def _offer(tool: Tool, transaction_id: str, *limits: int) -> dict[str, Any]:
    """The operator gives the transaction a profile; the car waits no more."""
    heard = await set_profile(tool, of_transaction(1, *limits), transactionId=transaction_id)
    told = heard["chargingProfile"]
    assert (heard["evseId"], told["chargingProfilePurpose"]) == (1, "TxProfile")
    assert told["transactionId"] == transaction_id
    periods = [period["limit"] for period in told["chargingSchedule"][0]["chargingSchedulePeriod"]]
    assert periods == list(limits)
    assert not any(car["awaitsProfile"] for car in await cars(tool))
    return heard


async def _plans(tool: Tool, *limits: float) -> str:
    """A car tells what it means to draw; returns what it is answered."""
    answer = await tool.call(
        "NotifyEVChargingSchedule", timeBase=moment(), evseId=1, chargingSchedule=schedule(*limits)
    )
    [car] = await cars(tool)
    assert car["planAccepted"] == (answer["status"] == "Accepted")
    assert [float(period["limit"]) for period in car["plan"]["periods"]] == list(limits)
    return str(answer["status"])


async def _begun(tool: Tool, token: str) -> str:
    """A car has told its needs, was given a profile, and keeps within it."""
    transaction_id = await charging(tool, token)
    await _needs(tool, transaction_id)
    await _offer(tool, transaction_id, 16, 10)
    assert await _plans(tool, 16, 10) == "Accepted"
    return transaction_id


async def test_tc_k_53_csms(tool201: Tool, token: str) -> None:
    """A car needs energy, is given a profile for its transaction, and plans within it."""
    await _begun(tool201, token)


async def test_tc_k_55_csms(tool201: Tool, token: str) -> None:
    """A car plans beyond its profile: that is rejected, the profile is sent again, and the second plan is accepted."""
    transaction_id = await charging(tool201, token)
    await _needs(tool201, transaction_id)
    offered = await _offer(tool201, transaction_id, 16, 10)
    assert await _plans(tool201, 16, 16) == "Rejected"
    again = await tool201.hears("SetChargingProfile")
    assert again.payload == offered
    await tool201.answers(again, **ACCEPTED)
    assert await _plans(tool201, 16, 8) == "Accepted"


async def test_tc_k_57_csms(tool201: Tool, token: str) -> None:
    """A car that charges tells new needs, and is given a new profile."""
    transaction_id = await _begun(tool201, token)
    await _needs(tool201, transaction_id)
    await _offer(tool201, transaction_id, 20)
    assert await _plans(tool201, 20) == "Accepted"


async def test_tc_k_58_csms(tool201: Tool, token: str) -> None:
    """A car that charges is given a new profile, and plans anew within it."""
    transaction_id = await _begun(tool201, token)
    await _offer(tool201, transaction_id, 8)
    assert await _plans(tool201, 8) == "Accepted"


async def test_tc_k_59_csms(tool201: Tool, token: str) -> None:
    """A car that charges is given a new profile, answers with new needs, and is given one for those."""
    transaction_id = await _begun(tool201, token)
    await _offer(tool201, transaction_id, 8)
    await _needs(tool201, transaction_id)
    await _offer(tool201, transaction_id, 10)
    assert await _plans(tool201, 12) == "Rejected"
    await tool201.answers(await tool201.hears("SetChargingProfile"), **ACCEPTED)
    assert await _plans(tool201, 10) == "Accepted"


async def test_a_car_that_never_keeps_within_its_profile_is_not_asked_for_ever(tool201: Tool, token: str) -> None:
    """Three times by itself; the plan after that is rejected and left to the operator."""
    transaction_id = await charging(tool201, token)
    await _offer(tool201, transaction_id, 6)
    for _ in range(3):
        assert await _plans(tool201, 7) == "Rejected"
        await tool201.answers(await tool201.hears("SetChargingProfile"), **ACCEPTED)
    assert await _plans(tool201, 7) == "Rejected"
    await _offer(tool201, transaction_id, 7)
    assert await _plans(tool201, 7) == "Accepted"


async def test_a_car_is_offered_several_schedules_with_what_energy_costs(tool201: Tool, token: str) -> None:
    """It may plan within any of them."""
    transaction_id = await charging(tool201, token)
    tariff = {"id": 1, "description": "night", "priceLevels": 2, "entries": [{"start": 0, "priceLevel": 1}]}
    cost = {"startValue": 0, "costs": [{"costKind": "RELATIVE_PRICE_PERCENTAGE", "amount": 80}]}
    tariff["entries"].append({"start": 60, "duration": 600, "priceLevel": 0, "consumptionCosts": [cost]})  # type: ignore[attr-defined]
    one, other = ({"chargingRateUnit": "A", "periods": [{"startPeriod": 0, "limit": limit}]} for limit in (6, 16))
    profile = of_transaction()
    del profile["schedule"]
    heard = await set_profile(tool201, profile | {"schedules": [one | {"salesTariff": tariff}, other]})
    assert heard["chargingProfile"]["chargingSchedule"] == [
        schedule(6)
        | {
            "salesTariff": {
                "id": 1,
                "salesTariffDescription": "night",
                "numEPriceLevels": 2,
                "salesTariffEntry": [
                    {"relativeTimeInterval": {"start": 0}, "ePriceLevel": 1},
                    {
                        "relativeTimeInterval": {"start": 60, "duration": 600},
                        "ePriceLevel": 0,
                        "consumptionCost": [
                            {"startValue": 0, "cost": [{"costKind": "RelativePricePercentage", "amount": 80}]}
                        ],
                    },
                ],
            }
        },
        schedule(16) | {"id": 2},
    ]
    assert await _plans(tool201, 16) == "Accepted"
    assert await _plans(tool201, 17) == "Rejected"
    await tool201.answers(await tool201.hears("SetChargingProfile"), **ACCEPTED)
    await event(tool201, transaction_id, 3, "Ended", "EVCommunicationLost")


async def test_a_car_of_which_no_transaction_is_known_is_given_no_profile(tool201: Tool) -> None:
    """Its needs are rejected: no profile could be for it."""
    assert await tool201.call("NotifyEVChargingNeeds", evseId=1, chargingNeeds=NEEDS) == {"status": "Rejected"}
    assert await cars(tool201) == []
