"""The steps of a session in OCPP 2.0.1: TransactionEvents (E01-E13).

A transaction starts with the cable or the authorisation, whichever comes first (TxStartPoint EVConnected,Authorized),
and ends with the first of both that is lost (TxStopPoint the same).
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ocpp.v201 import call

from app.simulator.clock import stamp
from app.simulator.meter import BEGIN, TRIGGER, Reading
from app.simulator.outbox import Message
from app.simulator.session import Cause, Session, State
from app.simulator.stats import FinishedSession
from app.simulator.v201.link import Link201
from app.simulator.v201.readings import meter_value, register_only
from app.simulator.v201.variables import variables

if TYPE_CHECKING:
    from app.simulator.station import Station

ENDS = {
    Cause.LOCAL: ("StopAuthorized", "Local"),
    Cause.REMOTE: ("RemoteStop", "Remote"),
    Cause.UNPLUGGED: ("EVCommunicationLost", "EVDisconnected"),
    Cause.DEAUTHORIZED: ("Deauthorized", "DeAuthorized"),
    Cause.SOFT_RESET: ("ResetCommand", "ImmediateReset"),
    Cause.HARD_RESET: ("ResetCommand", "ImmediateReset"),
    Cause.UNLOCKED: ("UnlockCommand", "Other"),
}
"""triggerReason and stoppedReason."""

STATUSES = {
    State.AVAILABLE: "Available",
    State.UNAVAILABLE: "Unavailable",
    State.FAULTED: "Faulted",
}
"""Everything else is Occupied."""


class Dialect201:
    version = "2.0.1"
    subprotocol = "ocpp2.0.1"

    def __init__(self, station: Station) -> None:
        self.station = station
        self.settings = variables(station.id, int(station.plan.meter_interval))
        self._told: dict[int, str] = {}

    def link(self, socket: Any) -> Link201:
        return Link201(self.station, socket)

    def boot(self, reason: str) -> Any:
        station = {
            "vendorName": "Box",
            "model": f"Two {self.station.outlet.name}",
            "serialNumber": self.station.id[:25],
            "firmwareVersion": "2.0.0",
        }
        return call.BootNotification(station, reason)

    def heartbeat(self) -> Any:
        return call.Heartbeat()

    def status(self, evse: int) -> Any:
        status = STATUSES.get(self.station.connectors[evse].state, "Occupied")
        self._told[evse] = status
        return call.StatusNotification(
            timestamp=stamp(self.station.clock.now()),
            connector_status=status,
            evse_id=evse,
            connector_id=1,
        )

    def statuses(self, connector: int) -> list[Any]:
        told = self._told.get(connector)
        status = self.status(connector)
        return [] if status.connector_status == told else [status]

    def all_statuses(self) -> list[Any]:
        return [self.status(evse) for evse in self.station.connectors]

    def authorize(self, id_token: str) -> Any:
        return call.Authorize(id_token=self._token(id_token))

    def accepts(self, answer: Any) -> bool:
        info = getattr(answer, "id_token_info", None)
        return info is None or info["status"] == "Accepted"

    def plugged(self, session: Session) -> None:
        self._event(session, "CablePluggedIn", None if session.charging else "EVConnected", self._begin(session))

    def authorized(self, session: Session) -> None:
        wish = session.driver
        trigger = "RemoteStart" if wish.remote else "Authorized"
        state = "EVConnected" if session.plugged else "Idle"
        info = {}
        if wish.remote_start_id is not None:
            info["remoteStartId"] = wish.remote_start_id
        token = self._token(wish.id_token)
        self._event(session, trigger, state, self._begin(session), info, id_token=token)

    def charging(self, session: Session) -> None:
        self._event(session, "ChargingStateChanged", "Charging")

    def sampled(self, session: Session, reading: Reading) -> None:
        self._event(session, "MeterValuePeriodic", None, reading)

    def suspended(self, session: Session) -> None:
        self._event(session, "ChargingStateChanged", "SuspendedEV")

    def triggered(self, session: Session) -> None:
        self._event(session, "Trigger", None, self.station.connectors[session.connector].read(TRIGGER))

    def ended(self, session: Session, cause: Cause, reading: Reading) -> None:
        if session.started_at is None:
            return
        trigger, reason = self._end(session, cause)
        first = session.readings[0]
        finished = FinishedSession(
            station=self.station.id,
            version=self.version,
            connector=session.connector,
            transaction_id=str(session.transaction_id),
            id_token=session.wish.id_token if session.wish and session.authorized else None,
            meter_start_wh=first.energy_wh,
            meter_stop_wh=reading.energy_wh,
            started_at=session.started_at,
            ended_at=reading.at,
            reason=reason,
        )
        token = self._token(session.wish.id_token) if session.wish and cause is Cause.LOCAL else None
        state = "EVConnected" if session.plugged and cause is not Cause.UNPLUGGED else "Idle"
        self._event(session, trigger, state, reading, {"stoppedReason": reason}, id_token=token, finished=finished)

    def _end(self, session: Session, cause: Cause) -> tuple[str, str]:
        fault = self.station.connectors[session.connector].fault
        if cause is Cause.FAULT:
            return "AbnormalCondition", fault.stopped_reason if fault else "Other"
        return ENDS[cause]

    def _begin(self, session: Session) -> Reading | None:
        """The register as the transaction starts, once."""
        if session.seq_no:
            return None
        reading = self.station.connectors[session.connector].read(BEGIN)
        session.readings.append(reading)
        session.transaction_id = str(uuid.uuid4())
        session.started_at = reading.at
        return reading

    def _event(
        self,
        session: Session,
        trigger: str,
        state: str | None,
        reading: Reading | None = None,
        info: dict[str, Any] | None = None,
        id_token: dict[str, str] | None = None,
        finished: FinishedSession | None = None,
    ) -> None:
        first, at = session.seq_no == 0, reading.at if reading else self.station.clock.now()
        values = None
        if finished:
            values = [register_only(session.readings[0]), meter_value(session.readings[-1])]
        elif reading:
            values = [meter_value(reading)]
        event = call.TransactionEvent(
            event_type="Ended" if finished else "Started" if first else "Updated",
            timestamp=stamp(at),
            trigger_reason=trigger,
            seq_no=session.seq_no,
            transaction_info={
                "transactionId": session.transaction_id,
                **({"chargingState": state} if state else {}),
                **(info or {}),
            },
            meter_value=values,
            offline=None if self.station.line.online else True,
            evse={"id": session.connector, "connectorId": 1} if first else None,
            id_token=id_token,
        )
        session.seq_no += 1
        self.station.post(Message(event, session, finished))

    @staticmethod
    def _token(id_token: str) -> dict[str, str]:
        return {"idToken": id_token, "type": "ISO14443"}

    def ready(self, message: Message) -> Any:
        return message.payload

    def answered(self, message: Message, answer: Any) -> None: ...

    @property
    def meter_interval(self) -> float:
        return self.settings.number("SampledDataCtrlr.TxUpdatedInterval")

    @property
    def authorizes_remote_starts(self) -> bool:
        return self.settings.flag("AuthCtrlr.AuthorizeRemoteStart")
