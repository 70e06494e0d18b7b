"""GetCompositeSchedule: what a station would let flow, all its profiles taken together (1.6 §5.7, 2.0.1 K08).

Typed payload: `evseId` (0 is the station's own connection), `duration` in seconds, `chargingRateUnit`?. The answer is
noted as the last composite schedule of the EVSE.
"""

from typing import Any

from api.ocpp.profiles import periods_of
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from api.ocpp.wire import instant, number_of
from domain.charging_profiles import ChargingProfileBook, ChargingRateUnit, CompositeSchedule


@sent("GetCompositeSchedule", "1.6")
def get_composite_schedule_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    unit = {"chargingRateUnit": typed["chargingRateUnit"]} if typed.get("chargingRateUnit") else {}
    return "GetCompositeSchedule", {"connectorId": typed["evseId"], "duration": typed["duration"], **unit}


@sent("GetCompositeSchedule", "2.0.1")
def get_composite_schedule_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    unit = {"chargingRateUnit": typed["chargingRateUnit"]} if typed.get("chargingRateUnit") else {}
    return "GetCompositeSchedule", {"evseId": typed["evseId"], "duration": typed["duration"], **unit}


@answered("GetCompositeSchedule", "1.6")
async def composite_schedule_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    schedule = response.get("chargingSchedule")
    start = response.get("scheduleStart") or (schedule or {}).get("startSchedule")
    await _report(session, request["connectorId"], response["status"], schedule, start)


@answered("GetCompositeSchedule", "2.0.1")
async def composite_schedule_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    schedule = response.get("schedule")
    start = schedule["scheduleStart"] if schedule else None
    await _report(session, request["evseId"], response["status"], schedule, start)


async def _report(
    session: StationSession, evse_id: int, status: str, said: dict[str, Any] | None, start: str | None
) -> None:
    schedule = None
    if said is not None:
        schedule = CompositeSchedule(
            rate_unit=ChargingRateUnit(said["chargingRateUnit"]),
            periods=periods_of(said["chargingSchedulePeriod"]),
            start_schedule=instant(start) if start else None,
            duration=said.get("duration"),
        )
    book = await session.book(ChargingProfileBook)
    book.trigger_event(
        ChargingProfileBook.CompositeScheduleReported,
        evse_id=number_of(evse_id),
        status=status,
        schedule=schedule,
        timestamp=session.now,
    )
