"""The steps of a session in OCPP 1.6 (§4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ocpp.v16 import call

from app.simulator.clock import stamp
from app.simulator.meter import Reading
from app.simulator.outbox import Message
from app.simulator.session import Cause, Session, State
from app.simulator.stats import FinishedSession
from app.simulator.v16.configuration import configuration
from app.simulator.v16.link import Link16
from app.simulator.v16.readings import meter_value, register_only

if TYPE_CHECKING:
    from app.simulator.station import Station

REASONS = {
    Cause.LOCAL: "Local",
    Cause.REMOTE: "Remote",
    Cause.UNPLUGGED: "EVDisconnected",
    Cause.DEAUTHORIZED: "DeAuthorized",
    Cause.SOFT_RESET: "SoftReset",
    Cause.HARD_RESET: "HardReset",
    Cause.UNLOCKED: "UnlockCommand",
    Cause.FAULT: "Other",
}
NO_ID = -1
"""What a station uses that never got a transaction id (1.6 errata 4.0)."""


class Dialect16:
    version = "1.6"
    subprotocol = "ocpp1.6"

    def __init__(self, station: Station) -> None:
        self.station = station
        self.settings = configuration(len(station.connectors), int(station.plan.meter_interval))

    def link(self, socket: Any) -> Link16:
        return Link16(self.station, socket)

    def boot(self, reason: str) -> Any:
        return call.BootNotification(
            charge_point_vendor="Box",
            charge_point_model=f"Six {self.station.outlet.name}",
            charge_point_serial_number=self.station.id[:25],
            firmware_version="1.0.0",
            meter_type="simulated",
        )

    def heartbeat(self) -> Any:
        return call.Heartbeat()

    def statuses(self, connector: int) -> list[Any]:
        here = self.station.connectors[connector]
        return [
            call.StatusNotification(
                connector_id=connector,
                error_code=here.fault.error_code if here.fault else "NoError",
                status=str(here.state),
                timestamp=stamp(self.station.clock.now()),
            )
        ]

    def main_status(self) -> Any:
        """Connector 0 is the controller and knows only three states."""
        operative = any(c.operative.is_set() for c in self.station.connectors.values())
        return call.StatusNotification(
            connector_id=0,
            error_code="NoError",
            status=str(State.AVAILABLE if operative else State.UNAVAILABLE),
            timestamp=stamp(self.station.clock.now()),
        )

    def all_statuses(self) -> list[Any]:
        return [self.main_status(), *(s for id in self.station.connectors for s in self.statuses(id))]

    def authorize(self, id_token: str) -> Any:
        return call.Authorize(id_tag=id_token)

    def accepts(self, answer: Any) -> bool:
        info = getattr(answer, "id_tag_info", None)
        return info is None or info["status"] == "Accepted"

    def plugged(self, session: Session) -> None: ...

    def authorized(self, session: Session) -> None: ...

    def charging(self, session: Session) -> None:
        first = session.readings[0]
        session.started_at = first.at
        start = call.StartTransaction(
            connector_id=session.connector,
            id_tag=session.driver.id_token,
            meter_start=first.energy_wh,
            timestamp=stamp(first.at),
        )
        self.station.post(Message(start, session))

    def sampled(self, session: Session, reading: Reading) -> None:
        values = call.MeterValues(connector_id=session.connector, meter_value=[meter_value(reading)], transaction_id=0)
        self.station.post(Message(values, session))

    def suspended(self, session: Session) -> None: ...

    def ended(self, session: Session, cause: Cause, reading: Reading) -> None:
        if session.started_at is None:
            return
        token = session.driver.id_token
        stop = call.StopTransaction(
            transaction_id=0,
            meter_stop=reading.energy_wh,
            timestamp=stamp(reading.at),
            reason=REASONS[cause],
            id_tag=token if cause is Cause.LOCAL else None,
            transaction_data=[register_only(each) for each in session.readings],
        )
        finished = FinishedSession(
            station=self.station.id,
            version=self.version,
            connector=session.connector,
            transaction_id="",
            id_token=token,
            meter_start_wh=session.readings[0].energy_wh,
            meter_stop_wh=reading.energy_wh,
            started_at=session.started_at,
            ended_at=reading.at,
            reason=REASONS[cause],
        )
        self.station.post(Message(stop, session, finished))

    def ready(self, message: Message) -> Any:
        """The transaction's id is known since StartTransaction, which left before, was answered."""
        if hasattr(message.payload, "transaction_id"):
            id = message.session.transaction_id
            message.payload.transaction_id = NO_ID if id is None else id
            if message.finished:
                message.finished = replace(message.finished, transaction_id=str(message.payload.transaction_id))
        return message.payload

    def answered(self, message: Message, answer: Any) -> None:
        if isinstance(message.payload, call.StartTransaction) and answer is not None:
            message.session.transaction_id = int(answer.transaction_id)

    @property
    def meter_interval(self) -> float:
        return self.settings.number("MeterValueSampleInterval")

    @property
    def authorizes_remote_starts(self) -> bool:
        return self.settings.flag("AuthorizeRemoteTxRequests")
