"""What a 1.6 server may ask (§5). Answers leave first; what they set off follows in the `@after` half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

from app.simulator.link import Link, log
from app.simulator.routes import after, on
from app.simulator.session import Cause, Wish
from app.simulator.v16.operations import Operations
from app.simulator.v16.readings import meter_value

if TYPE_CHECKING:
    from app.simulator.station import Station

TRIGGERS = {
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
}


class Link16(Link, Operations, ChargePoint):  # type: ignore[misc]
    def __init__(self, station: Station, socket: Any) -> None:
        super().__init__(station.id, socket, response_timeout=station.plan.timeout, logger=log)
        self.join(station)

    @on(Action.remote_start_transaction)
    def on_remote_start(self, id_tag: str, connector_id: int | None = None, **_: Any) -> Any:
        taken = self.station.remote_start(connector_id, Wish(id_tag, remote=True))
        return call_result.RemoteStartTransaction("Accepted" if taken else "Rejected")

    @on(Action.remote_stop_transaction)
    def on_remote_stop(self, transaction_id: int) -> Any:
        stopped = self.station.remote_stop(transaction_id)
        return call_result.RemoteStopTransaction("Accepted" if stopped else "Rejected")

    @on(Action.reset)
    def on_reset(self, type: str) -> Any:
        self.station.stats.commands += 1
        return call_result.Reset("Accepted")

    @after(Action.reset)
    def after_reset(self, type: str) -> None:
        cause = Cause.HARD_RESET if type == "Hard" else Cause.SOFT_RESET
        self.station.errand(self.station.reset(cause, "RemoteReset"))

    @on(Action.unlock_connector)
    def on_unlock(self, connector_id: int) -> Any:
        self.station.stats.commands += 1
        connector = self.station.connectors.get(connector_id)
        if connector is None:
            return call_result.UnlockConnector("NotSupported")
        if connector.session:
            connector.session.stop(Cause.UNLOCKED)
        return call_result.UnlockConnector("Unlocked")

    @on(Action.change_availability)
    def on_change_availability(self, connector_id: int, type: str) -> Any:
        status = self.station.change_availability(connector_id or None, type == "Operative")
        return call_result.ChangeAvailability(status)

    @after(Action.change_availability)
    def after_change_availability(self, connector_id: int, type: str) -> None:
        if connector_id == 0:
            self.station.errand(self._tell(self.station.dialect.all_statuses()[:1]))

    @on(Action.get_configuration)
    def on_get_configuration(self, key: list[str] | None = None) -> Any:
        self.station.stats.commands += 1
        settings = self.station.dialect.settings
        found = [s for s in map(settings.get, key) if s] if key else list(settings)
        known = [{"key": s.name, "readonly": s.mutability == "ReadOnly", "value": s.value} for s in found]
        unknown = [name for name in key or () if settings.get(name) is None]
        return call_result.GetConfiguration(known or None, unknown or None)

    @on(Action.change_configuration)
    def on_change_configuration(self, key: str, value: str) -> Any:
        self.station.stats.commands += 1
        if key == "AuthorizationKey":
            return call_result.ChangeConfiguration("Accepted" if self._new_key(value) else "Rejected")
        settings = self.station.dialect.settings
        if settings.get(key) is None:
            return call_result.ChangeConfiguration("NotSupported")
        changed = settings.change(key, value)
        if changed and key.casefold() == "heartbeatinterval":
            self.station.heartbeat_interval = max(1, int(value))
        return call_result.ChangeConfiguration("Accepted" if changed else "Rejected")

    def _new_key(self, value: str) -> bool:
        """40 hex digits are 20 raw bytes of the Basic password; takes effect with the next connection."""
        try:
            key = bytes.fromhex(value)
        except ValueError:
            return False
        if not 16 <= len(key) <= 20:
            return False
        self.station.password = key
        return True

    @after(Action.change_configuration)
    def after_change_configuration(self, key: str, value: str) -> None:
        if key == "AuthorizationKey" and self.station.password is not None:
            self.station.errand(self.hang_up())

    @on(Action.trigger_message)
    def on_trigger(self, requested_message: str, connector_id: int | None = None) -> Any:
        self.station.stats.commands += 1
        if requested_message not in TRIGGERS:
            return call_result.TriggerMessage("NotImplemented")
        known = connector_id in (None, 0) or connector_id in self.station.connectors
        # A boot is not repeated once accepted (1.6 errata).
        late = requested_message == "BootNotification" and self.station.line.online
        return call_result.TriggerMessage("Accepted" if known and not late else "Rejected")

    @after(Action.trigger_message)
    def after_trigger(self, requested_message: str, connector_id: int | None = None) -> None:
        if requested_message == "BootNotification":
            if not self.station.line.online:
                self.station.line.boot_now.set()
        elif requested_message in TRIGGERS and (connector_id or 0) in {0, *self.station.connectors}:
            self.station.errand(self._tell(self._triggered(requested_message, connector_id)))

    def _triggered(self, message: str, connector_id: int | None) -> list[Any]:
        dialect = self.station.dialect
        connectors = [c for c in self.station.connectors.values() if connector_id in (None, c.id)]
        if message == "Heartbeat":
            return [dialect.heartbeat()]
        if message == "StatusNotification" and not connector_id:
            return dialect.all_statuses()[: None if connector_id is None else 1]
        if message == "StatusNotification":
            return dialect.statuses(connectors[0].id)
        if message == "MeterValues":
            return [
                call.MeterValues(
                    connector_id=c.id,
                    meter_value=[meter_value(c.read("Trigger"))],
                    transaction_id=c.session.transaction_id if c.session else None,
                )
                for c in connectors
            ]
        if message == "FirmwareStatusNotification":
            return [call.FirmwareStatusNotification("Idle")]
        return [call.DiagnosticsStatusNotification("Idle")]

    @on(Action.data_transfer)
    def on_data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer("UnknownVendorId")

    @on(Action.clear_cache)
    def on_clear_cache(self) -> Any:
        return call_result.ClearCache("Accepted")

    @on(Action.get_local_list_version)
    def on_get_local_list_version(self) -> Any:
        return call_result.GetLocalListVersion(self.station.local_list_version)

    @on(Action.send_local_list)
    def on_send_local_list(self, list_version: int, update_type: str, **_: Any) -> Any:
        return call_result.SendLocalList(self.station.update_local_list(list_version, update_type))
