from datetime import UTC, datetime
from typing import Any

from domain.ev_charging import AcNeeds, ChargingNeeds, DcNeeds, EvChargingBook
from tests.api.ocpp.line import Line

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "evseId": 1,
        "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "acChargingParameters": {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400},
        },
    }
}


async def begin(line: Line, transaction_id: str = "TX1", evse: int | None = 1, seq_no: int = 0) -> None:
    place = {} if evse is None else {"evse": {"id": evse, "connectorId": 1}}
    event = {
        "eventType": "Updated" if seq_no else "Started",
        "timestamp": "2026-11-20T12:00:00Z",
        "triggerReason": "CablePluggedIn",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": transaction_id},
        **place,
    }
    await line.call("TransactionEvent", event)


async def test_needs_of_a_transaction_wait_for_somebody_to_make_a_profile(v201: Line) -> None:
    await begin(v201)
    assert await v201.call("NotifyEVChargingNeeds", EXAMPLES["2.0.1"] | {"maxScheduleTuples": 5}) == {
        "status": "Processing"
    }
    [event] = v201.happened
    assert isinstance(event, EvChargingBook.NeedsNotified)
    assert (event.evse_id, event.transaction_id, event.max_schedule_tuples) == (1, "TX1", 5)
    assert event.needs == ChargingNeeds("AC_three_phase", ac=AcNeeds(20000, 6, 32, 400))


async def test_a_car_on_direct_current_tells_more(v201: Line) -> None:
    await begin(v201)
    needs = {
        "requestedEnergyTransfer": "DC",
        "departureTime": "2026-11-20T18:00:00+01:00",
        "dcChargingParameters": {"evMaxCurrent": 200, "evMaxVoltage": 900, "stateOfCharge": 20, "evMaxPower": 10**12},
    }
    await v201.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
    [event] = v201.happened
    assert isinstance(event, EvChargingBook.NeedsNotified)
    leaves = datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert event.needs == ChargingNeeds("DC", leaves, dc=DcNeeds(200, 900, state_of_charge=20))


async def test_without_a_transaction_there_is_nothing_to_make_a_profile_for(v201: Line) -> None:
    await begin(v201, evse=2)
    assert await v201.call("NotifyEVChargingNeeds", EXAMPLES["2.0.1"]) == {"status": "Rejected"}
    [event] = v201.happened
    assert isinstance(event, EvChargingBook.NeedsNotified)
    assert (event.transaction_id, event.answer) == (None, "Rejected")


async def test_a_transaction_that_began_with_the_card_is_found_where_the_cable_is(v201: Line) -> None:
    await begin(v201, evse=None)
    await begin(v201, evse=1, seq_no=1)
    assert await v201.call("NotifyEVChargingNeeds", EXAMPLES["2.0.1"]) == {"status": "Processing"}
