"""NotifyEVChargingNeeds: what a car needs that speaks ISO 15118 (2.0.1 K15, K17).

Schedules are made by an operator or an energy manager: the answer is Processing, the needs are shown to them as
waiting, and a SetChargingProfile for the transaction follows. The standard gives 60 seconds for it; after that the car
charges within what the station has. Where no transaction runs that a profile could be for, the answer is Rejected.
"""

from typing import Any

from api.ocpp.ev_charging import charging_on
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import count, instant, number_of
from domain.ev_charging import AcNeeds, ChargingNeeds, DcNeeds, EvChargingBook


@received("NotifyEVChargingNeeds", "2.0.1")
async def notify_ev_charging_needs(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    evse_id = number_of(request["evseId"])
    transaction = await charging_on(session, evse_id)
    answer = "Rejected" if transaction is None else "Processing"
    book = await session.book(EvChargingBook)
    book.trigger_event(
        EvChargingBook.NeedsNotified,
        evse_id=evse_id,
        needs=_needs(request["chargingNeeds"]),
        answer=answer,
        transaction_id=transaction,
        max_schedule_tuples=count(request.get("maxScheduleTuples")),
        timestamp=session.now,
    )
    return {"status": answer}


def _needs(said: dict[str, Any]) -> ChargingNeeds:
    ac, dc = said.get("acChargingParameters"), said.get("dcChargingParameters")
    return ChargingNeeds(
        energy_transfer=said["requestedEnergyTransfer"],
        departure_at=instant(said["departureTime"]) if "departureTime" in said else None,
        ac=None
        if ac is None
        else AcNeeds(
            energy_amount=count(ac["energyAmount"]),
            ev_min_current=count(ac["evMinCurrent"]),
            ev_max_current=count(ac["evMaxCurrent"]),
            ev_max_voltage=count(ac["evMaxVoltage"]),
        ),
        dc=None
        if dc is None
        else DcNeeds(
            ev_max_current=count(dc["evMaxCurrent"]),
            ev_max_voltage=count(dc["evMaxVoltage"]),
            energy_amount=count(dc.get("energyAmount")),
            ev_max_power=count(dc.get("evMaxPower")),
            state_of_charge=count(dc.get("stateOfCharge")),
            ev_energy_capacity=count(dc.get("evEnergyCapacity")),
            full_soc=count(dc.get("fullSoC")),
            bulk_soc=count(dc.get("bulkSoC")),
        ),
    )
