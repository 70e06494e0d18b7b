"""What cars need and plan, as a front-end sees it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.charging_profiles import ChargingRateUnit, ChargingSchedule, SchedulePeriod
from domain.ev_charging import ChargingNeeds, DcNeeds, EvChargingBook
from tests.api.graphql.conftest import T0, Api

QUERY = """query ($first: Int!, $after: String, $filter: EvChargingFilter, $p: String) {
  evCharging(first: $first, after: $after, filter: $filter, atLeastPosition: $p) {
    nodes {
      stationId evseId transactionId awaitsProfile needsAnswer needsAt planAccepted timeBase planAt
      needs { energyTransfer departureAt ac { energyAmount } dc { evMaxCurrent evMaxVoltage stateOfCharge bulkSoc } }
      plan { chargingRateUnit periods { limit } }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""
NEEDS = ChargingNeeds("DC", T0, dc=DcNeeds(200, 900, state_of_charge=20))
PLAN = ChargingSchedule(ChargingRateUnit.W, (SchedulePeriod(0, Decimal("11000.5")),))


async def asked(api: Api, first: int = 9, **variables: Any) -> Any:
    return (await api.ask(QUERY, first=first, **variables))["evCharging"]


async def test_what_a_car_told_is_shown_with_what_it_was_answered(api: Api) -> None:
    book = EvChargingBook.blank(EvChargingBook.stream("CS1", T0.date()))
    place = {"evse_id": 1, "transaction_id": "T1"}
    book.trigger_event(EvChargingBook.NeedsNotified, timestamp=T0, needs=NEEDS, answer="Processing", **place)
    later = T0 + timedelta(minutes=1)
    plan = {"schedule": PLAN, "time_base": T0, "accepted": False}
    book.trigger_event(EvChargingBook.ScheduleNotified, timestamp=later, **plan, **place | {"transaction_id": "T2"})
    position = await api.record(book)
    planned, needy = (await asked(api, p=position))["nodes"]
    assert needy == {
        "stationId": "CS1",
        "evseId": 1,
        "transactionId": "T1",
        "awaitsProfile": True,
        "needsAnswer": "Processing",
        "needsAt": T0.isoformat(),
        "needs": {
            "energyTransfer": "DC",
            "departureAt": T0.isoformat(),
            "ac": None,
            "dc": {"evMaxCurrent": 200, "evMaxVoltage": 900, "stateOfCharge": 20, "bulkSoc": None},
        },
        "plan": None,
        "planAccepted": None,
        "timeBase": None,
        "planAt": None,
    }
    assert (planned["transactionId"], planned["needs"], planned["awaitsProfile"]) == ("T2", None, False)
    assert (planned["planAccepted"], planned["timeBase"]) == (False, T0.isoformat())
    assert planned["plan"] == {"chargingRateUnit": "W", "periods": [{"limit": "11000.5"}]}
    waiting = await asked(api, filter={"stationId": "CS1", "awaitsProfile": True})
    assert [car["transactionId"] for car in waiting["nodes"]] == ["T1"]
    page = await asked(api, 1)
    assert page["pageInfo"]["hasNextPage"]
    [rest] = (await asked(api, 1, after=page["pageInfo"]["endCursor"]))["nodes"]
    assert rest["transactionId"] == "T1"
