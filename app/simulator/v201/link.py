"""What a 2.0.1 server may ask. Answers leave first; what they set off follows in the `@after` half (FR.05)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp.v201 import ChargePoint, call, call_result
from ocpp.v201.enums import Action

from app.simulator.link import log
from app.simulator.meter import TRIGGER
from app.simulator.routes import after, on
from app.simulator.session import Cause, Wish
from app.simulator.v201.displays_and_monitors import DisplaysAndMonitors
from app.simulator.v201.profiles import Profiles
from app.simulator.v201.readings import meter_value
from app.simulator.v201.reports import Reports
from app.simulator.v201.reservations import Reservations

if TYPE_CHECKING:
    from app.simulator.station import Station

TRIGGERS = {
    "BootNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "StatusNotification",
    "TransactionEvent",
}


class Link201(Reports, Profiles, Reservations, DisplaysAndMonitors, ChargePoint):  # type: ignore[misc]
    def __init__(self, station: Station, socket: Any) -> None:
        super().__init__(station.id, socket, response_timeout=station.plan.timeout, logger=log)
        self.join(station)

    @on(Action.request_start_transaction)
    def on_request_start(
        self, id_token: dict[str, Any], remote_start_id: int, evse_id: int | None = None, **_: Any
    ) -> Any:
        wish = Wish(id_token["id_token"], remote=True, remote_start_id=remote_start_id)
        taken = self.station.remote_start(evse_id, wish)
        if taken is None:
            return call_result.RequestStartTransaction("Rejected")
        running = taken.session.transaction_id if taken.session else None
        return call_result.RequestStartTransaction("Accepted", transaction_id=running)

    @on(Action.request_stop_transaction)
    def on_request_stop(self, transaction_id: str, **_: Any) -> Any:
        stopped = self.station.remote_stop(transaction_id)
        return call_result.RequestStopTransaction("Accepted" if stopped else "Rejected")

    @on(Action.get_transaction_status)
    def on_get_transaction_status(self, transaction_id: str | None = None, **_: Any) -> Any:
        self.station.stats.commands += 1
        queued = self.station.outbox.holds(transaction_id)
        if transaction_id is None:
            return call_result.GetTransactionStatus(messages_in_queue=queued)
        ongoing = self.station.session_of(transaction_id) is not None
        return call_result.GetTransactionStatus(messages_in_queue=queued, ongoing_indicator=ongoing)

    @on(Action.reset)
    def on_reset(self, type: str, evse_id: int | None = None, **_: Any) -> Any:
        self.station.stats.commands += 1
        if evse_id is not None and evse_id not in self.station.connectors:
            return call_result.Reset("Rejected")
        return call_result.Reset("Scheduled" if type == "OnIdle" and self.station.busy else "Accepted")

    @after(Action.reset)
    def after_reset(self, type: str, evse_id: int | None = None, **_: Any) -> None:
        if evse_id is not None:  # one EVSE restarts without a boot (B11.FR.08)
            connector = self.station.connectors.get(evse_id)
            if connector and connector.session and type == "Immediate":
                connector.session.stop(Cause.SOFT_RESET)
        elif type == "Immediate":
            self.station.errand(self.station.reset(Cause.SOFT_RESET, "RemoteReset"))
        else:
            reason = "ScheduledReset" if self.station.busy else "RemoteReset"
            self.station.errand(self.station.reset(None, reason))

    @on(Action.unlock_connector)
    def on_unlock(self, evse_id: int, connector_id: int, **_: Any) -> Any:
        self.station.stats.commands += 1
        connector = self.station.connectors.get(evse_id)
        if connector is None or connector_id != 1:
            return call_result.UnlockConnector("UnknownConnector")
        if connector.session and connector.session.authorized:
            return call_result.UnlockConnector("OngoingAuthorizedTransaction")
        return call_result.UnlockConnector("Unlocked")

    @on(Action.change_availability)
    def on_change_availability(self, operational_status: str, evse: dict[str, Any] | None = None, **_: Any) -> Any:
        chosen = evse["id"] if evse else None
        return call_result.ChangeAvailability(
            self.station.change_availability(chosen, operational_status == "Operative")
        )

    @on(Action.trigger_message)
    def on_trigger(self, requested_message: str, evse: dict[str, Any] | None = None, **_: Any) -> Any:
        self.station.stats.commands += 1
        if requested_message not in TRIGGERS:
            return call_result.TriggerMessage("NotImplemented")
        known = evse is None or evse["id"] in self.station.connectors
        late = requested_message == "BootNotification" and self.station.line.online
        return call_result.TriggerMessage("Accepted" if known and not late else "Rejected")

    @after(Action.trigger_message)
    def after_trigger(self, requested_message: str, evse: dict[str, Any] | None = None, **_: Any) -> None:
        station = self.station
        chosen = [c for c in station.connectors.values() if evse is None or evse["id"] == c.id]
        if requested_message == "BootNotification" and not station.line.online:
            station.line.boot_reason = "Triggered"
            station.line.boot_now.set()
        elif requested_message == "TransactionEvent":
            for c in chosen:
                if c.session and c.session.started_at and not c.session.ended.is_set():
                    station.dialect.triggered(c.session)  # type: ignore[attr-defined]
        elif requested_message in TRIGGERS and chosen:
            station.errand(self._tell(self._triggered(requested_message, chosen)))

    def _triggered(self, message: str, chosen: list[Any]) -> list[Any]:
        dialect = self.station.dialect
        if message == "Heartbeat":
            return [dialect.heartbeat()]
        if message == "StatusNotification":
            return [dialect.status(c.id) for c in chosen]  # type: ignore[attr-defined]
        if message == "MeterValues":
            return [call.MeterValues(c.id, [meter_value(c.read(TRIGGER))]) for c in chosen]
        if message == "FirmwareStatusNotification":
            return [call.FirmwareStatusNotification("Idle")]
        if message == "LogStatusNotification":
            return [call.LogStatusNotification("Idle")]
        return []

    @on(Action.data_transfer)
    def on_data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer("UnknownVendorId")

    @on(Action.clear_cache)
    def on_clear_cache(self, **_: Any) -> Any:
        return call_result.ClearCache("Accepted")

    @on(Action.get_local_list_version)
    def on_get_local_list_version(self, **_: Any) -> Any:
        return call_result.GetLocalListVersion(self.station.local_list_version)

    @on(Action.send_local_list)
    def on_send_local_list(self, version_number: int, update_type: str, **_: Any) -> Any:
        return call_result.SendLocalList(self.station.update_local_list(version_number, update_type))
