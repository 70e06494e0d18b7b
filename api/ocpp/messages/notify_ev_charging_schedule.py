"""NotifyEVChargingSchedule: what a car plans that speaks ISO 15118 (2.0.1 K15 to K17).

Accepted if the plan keeps within one of the schedules of the profile that was sent last for the transaction, or if none
was sent or it was cleared. Else it is Rejected and the same profile is sent again, so that the car plans anew (K16): up
to three times by itself, until somebody sends another one. What was sent is read from the commands, which know it
before the station answers: a car may be quicker than that answer.
"""

from typing import Any

from api.ocpp.ev_charging import charging_on, latest_offer, offer_again
from api.ocpp.profiles import schedule_of
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from api.ocpp.wire import instant, number_of
from domain.ev_charging import EvChargingBook, keeps_within


@received("NotifyEVChargingSchedule", "2.0.1")
async def notify_ev_charging_schedule(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    evse_id, time_base = number_of(request["evseId"]), instant(request["timeBase"])
    plan = schedule_of(request["chargingSchedule"])
    transaction = await charging_on(session, evse_id)
    offer = None if transaction is None else await latest_offer(session, transaction, evse_id)
    accepted = offer is None or keeps_within(offer.profile, plan, time_base)
    book = await session.book(EvChargingBook)
    book.trigger_event(
        EvChargingBook.ScheduleNotified,
        evse_id=evse_id,
        schedule=plan,
        time_base=time_base,
        accepted=accepted,
        transaction_id=transaction,
        timestamp=session.now,
    )
    if offer is not None and transaction is not None and not accepted:
        offer_again(session, transaction, evse_id, offer)
    return {"status": "Accepted" if accepted else "Rejected"}
