"""Displays, monitors and customers' data of a 2.0.1 station (N02-N10, O01-O06)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ocpp.v201 import call, call_result
from ocpp.v201.enums import Action

from app.simulator.clock import stamp
from app.simulator.routes import after, on
from app.simulator.v201.reports import wire_of
from app.simulator.v201.variables import report

if TYPE_CHECKING:
    from app.simulator.station import Station

PART = 5
"""Monitors or messages in one message."""
_LONGEST = 512
_CRITERIA = {
    "ThresholdMonitoring": ("UpperThreshold", "LowerThreshold"),
    "DeltaMonitoring": ("Delta",),
    "PeriodicMonitoring": ("Periodic", "PeriodicClockAligned"),
}


class DisplaysAndMonitors:
    """Mixed in with the link of a connection. Payloads come with the keys in snake case."""

    station: Station

    async def _tell(self, payloads: Iterable[Any]) -> None:
        raise NotImplementedError

    # Displays

    @on(Action.set_display_message)
    def on_set_display_message(self, message: dict[str, Any], **_: Any) -> Any:
        self.station.stats.commands += 1
        transaction_id = message.get("transaction_id")
        if transaction_id is not None and self.station.session_of(transaction_id) is None:
            return call_result.SetDisplayMessage("UnknownTransaction")
        if message["message"]["format"] == "HTML":
            return call_result.SetDisplayMessage("NotSupportedMessageFormat")
        self.station.holdings.messages[message["id"]] = message
        return call_result.SetDisplayMessage("Accepted")

    def _messages_shown(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        """Messages that are not over, by what they are asked for; those of transactions that ended are gone."""
        held, now = self.station.holdings.messages, stamp(self.station.clock.now())
        for number, message in list(held.items()):
            transaction_id = message.get("transaction_id")
            ended = transaction_id is not None and self.station.session_of(transaction_id) is None
            if ended or message.get("end_date_time", now) < now:
                del held[number]
        return [
            message
            for number, message in held.items()
            if number in wanted.get("id", held)
            and all(message.get(name) == wanted[name] for name in ("priority", "state") if name in wanted)
        ]

    @on(Action.get_display_messages)
    def on_get_display_messages(self, request_id: int, **wanted: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.GetDisplayMessages("Accepted" if self._messages_shown(wanted) else "Unknown")

    @after(Action.get_display_messages)
    def after_get_display_messages(self, request_id: int, **wanted: Any) -> None:
        parts = _parts(self._messages_shown(wanted))
        told = [
            call.NotifyDisplayMessages(request_id=request_id, message_info=part, tbc=n < len(parts) or None)
            for n, part in enumerate(parts, 1)
        ]
        self.station.errand(self._tell(told))

    @on(Action.clear_display_message)
    def on_clear_display_message(self, id: int, **_: Any) -> Any:
        self.station.stats.commands += 1
        known = self.station.holdings.messages.pop(id, None)
        return call_result.ClearDisplayMessage("Unknown" if known is None else "Accepted")

    # Monitors

    @on(Action.set_monitoring_base)
    def on_set_monitoring_base(self, monitoring_base: str, **_: Any) -> Any:
        """It has no monitors of its own: anything but All leaves none."""
        self.station.stats.commands += 1
        if monitoring_base != "All":
            self.station.holdings.monitors.clear()
        return call_result.SetMonitoringBase("Accepted")

    @on(Action.set_monitoring_level)
    def on_set_monitoring_level(self, severity: int, **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.SetMonitoringLevel("Accepted" if 0 <= severity <= 9 else "Rejected")

    @on(Action.set_variable_monitoring)
    def on_set_variable_monitoring(self, set_monitoring_data: list[dict[str, Any]], **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.SetVariableMonitoring([self._set_monitor(asked) for asked in set_monitoring_data])

    def _set_monitor(self, asked: dict[str, Any]) -> dict[str, Any]:
        component, variable = wire_of(asked["component"]), asked["variable"]
        result = {
            "component": component,
            "variable": variable,
            "type": asked["type"],
            "severity": asked["severity"],
        }
        known = [each for each in report(self.station) if each["component"] == component]
        if not known:
            return {**result, "status": "UnknownComponent"}
        if not any(each["variable"] == variable for each in known):
            return {**result, "status": "UnknownVariable"}
        held = self.station.holdings.monitors
        number = asked.get("id")
        if number is not None and number not in held:
            return {**result, "status": "Rejected"}
        if number is None:
            number = max(held, default=0) + 1
        held[number] = {
            "component": component,
            "variable": variable,
            "monitor": {
                "id": number,
                "transaction": asked.get("transaction", False),
                **{name: asked[name] for name in ("value", "type", "severity")},
            },
        }
        return {**result, "id": number, "status": "Accepted"}

    @after(Action.set_variable_monitoring)
    def after_set_variable_monitoring(self, **_: Any) -> None:
        """Periodic monitors tell once, at their beginning; the others find nothing."""
        found = [one for one in self.station.holdings.monitors.values() if one["monitor"]["type"] == "Periodic"]
        now = stamp(self.station.clock.now())
        told = [_event(one, now) for one in found]
        if told:
            self.station.errand(self._tell([call.NotifyEvent(generated_at=now, seq_no=0, event_data=told)]))

    @on(Action.clear_variable_monitoring)
    def on_clear_variable_monitoring(self, id: list[int], **_: Any) -> Any:
        self.station.stats.commands += 1
        held = self.station.holdings.monitors
        return call_result.ClearVariableMonitoring(
            [{"id": number, "status": "Accepted" if held.pop(number, None) else "NotFound"} for number in id]
        )

    def _monitors_found(
        self, monitoring_criteria: list[str] | None, component_variable: list[dict[str, Any]] | None
    ) -> list[dict[str, Any]]:
        types = None if monitoring_criteria is None else [t for name in monitoring_criteria for t in _CRITERIA[name]]
        wanted = None
        if component_variable is not None:
            wanted = [(wire_of(one["component"]), one.get("variable")) for one in component_variable]
        return [
            {"component": one["component"], "variable": one["variable"], "variableMonitoring": [one["monitor"]]}
            for one in self.station.holdings.monitors.values()
            if (types is None or one["monitor"]["type"] in types)
            and (
                wanted is None
                or any(c == one["component"] and variable in (None, one["variable"]) for c, variable in wanted)
            )
        ]

    @on(Action.get_monitoring_report)
    def on_get_monitoring_report(
        self,
        request_id: int,
        monitoring_criteria: list[str] | None = None,
        component_variable: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> Any:
        self.station.stats.commands += 1
        found = self._monitors_found(monitoring_criteria, component_variable)
        return call_result.GetMonitoringReport("Accepted" if found else "EmptyResultSet")

    @after(Action.get_monitoring_report)
    def after_get_monitoring_report(
        self,
        request_id: int,
        monitoring_criteria: list[str] | None = None,
        component_variable: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> None:
        parts = _parts(self._monitors_found(monitoring_criteria, component_variable))
        told = [
            call.NotifyMonitoringReport(
                request_id=request_id,
                seq_no=n,
                generated_at=stamp(self.station.clock.now()),
                monitor=part,
                tbc=n < len(parts) - 1,
            )
            for n, part in enumerate(parts)
        ]
        self.station.errand(self._tell(told))

    # Customers

    @on(Action.customer_information)
    def on_customer_information(self, report: bool, clear: bool, **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.CustomerInformation("Accepted" if report or clear else "Rejected")

    @after(Action.customer_information)
    def after_customer_information(self, request_id: int, report: bool, clear: bool, **named: Any) -> None:
        """It stores nothing but the tokens of the transactions that are running."""
        token = (named.get("id_token") or {}).get("id_token")
        running = [c.session for c in self.station.connectors.values() if c.session and c.session.wish]
        found = [s.transaction_id for s in running if s.wish and s.wish.id_token == token]
        told = f"transactions: {', '.join(map(str, found))}" if report and found else "no data"
        if report or clear:
            part = call.NotifyCustomerInformation(
                data=told[:_LONGEST], seq_no=0, generated_at=stamp(self.station.clock.now()), request_id=request_id
            )
            self.station.errand(self._tell([part]))


def _event(held: dict[str, Any], now: str) -> dict[str, Any]:
    number = held["monitor"]["id"]
    return {
        "eventId": number,
        "timestamp": now,
        "trigger": "Periodic",
        "actualValue": "0",
        "variableMonitoringId": number,
        "eventNotificationType": "CustomMonitor",
        "component": held["component"],
        "variable": held["variable"],
    }


def _parts(found: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [found[start : start + PART] for start in range(0, len(found), PART)]
