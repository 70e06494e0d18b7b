"""What a 2.0.1 server may read and change of the device model (B05-B08)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp.v201 import call, call_result
from ocpp.v201.enums import Action

from app.simulator.clock import stamp
from app.simulator.link import Link
from app.simulator.routes import after, on
from app.simulator.v201.variables import PART, SLOTS, WRITE, report

if TYPE_CHECKING:
    from collections.abc import Iterable


def name_of(component: dict[str, Any], variable: dict[str, Any]) -> str:
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    return f"{component['name']}.{variable['name']}{instance}"


class Reports(Link):
    """Mixed into the link. Payloads come with the keys in snake case."""

    def _missing(self, component: dict[str, Any]) -> str:
        """Which half of an unknown name is unknown."""
        prefix = f"{component['name']}.".casefold()
        known = any(s.name.casefold().startswith(prefix) for s in self.station.dialect.settings)
        return "UnknownVariable" if known else "UnknownComponent"

    def _hardware(self, asked: dict[str, Any]) -> str | None:
        for each in report(self.station, controllers=False):
            if wire_of(asked["component"]) == each["component"] and asked["variable"] == each["variable"]:
                return str(each["variableAttribute"][0]["value"])
        return None

    @on(Action.get_variables)
    def on_get_variables(self, get_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.GetVariables([self._got(asked) for asked in get_variable_data])

    def _got(self, asked: dict[str, Any]) -> dict[str, Any]:
        result = {"component": asked["component"], "variable": asked["variable"]}
        type = asked.get("attribute_type")
        if type:
            result["attributeType"] = type
        setting = self.station.dialect.settings.get(name_of(**result_key(asked)))
        value = setting.value if setting else self._hardware(asked)
        if value is None:
            return {**result, "attributeStatus": self._missing(asked["component"])}
        if type not in (None, "Actual"):
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        if setting and setting.mutability == WRITE:
            return {**result, "attributeStatus": "Rejected"}
        return {**result, "attributeStatus": "Accepted", "attributeValue": value}

    @on(Action.set_variables)
    def on_set_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.SetVariables([self._set(asked) for asked in set_variable_data])

    def _set(self, asked: dict[str, Any]) -> dict[str, Any]:
        result = {"component": asked["component"], "variable": asked["variable"]}
        type = asked.get("attribute_type")
        if type:
            result["attributeType"] = type
        name, value = name_of(**result_key(asked)), str(asked["attribute_value"])
        settings = self.station.dialect.settings
        if settings.get(name) is None:
            status = "Rejected" if self._hardware(asked) is not None else self._missing(asked["component"])
        elif type not in (None, "Actual"):
            status = "NotSupportedAttributeType"
        else:
            status = "Accepted" if self._fits(name, value) and settings.change(name, value) else "Rejected"
        if status == "Accepted":
            self._obey(name.casefold(), value)
        return {**result, "attributeStatus": status}

    def _fits(self, name: str, value: str) -> bool:
        """Only slots that are there can have priority (B09)."""
        slots = [str(slot) for slot in SLOTS]
        priority = name.casefold() == "ocppcommctrlr.networkconfigurationpriority"
        return not priority or all(slot.strip() in slots for slot in value.split(","))

    def _obey(self, name: str, value: str) -> None:
        if name == "ocppcommctrlr.heartbeatinterval":
            self.station.heartbeat_interval = max(1, int(value))
        if name == "securityctrlr.basicauthpassword" and self.station.password is not None:
            self.station.password = value.encode()
            self.station.errand(self._reconnect())

    async def _reconnect(self) -> None:
        """With the new password, once the answer has left (A01)."""
        await self.station.clock.sleep(0.2 * self.station.clock.speed)
        await self.hang_up()

    @on(Action.get_base_report)
    def on_get_base_report(self, **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.GetBaseReport("Accepted")

    @after(Action.get_base_report)
    def after_get_base_report(self, request_id: int, report_base: str, **_: Any) -> None:
        entries = report(self.station, controllers=report_base != "SummaryInventory")
        self.station.errand(self._tell(parts(request_id, list(entries), stamp(self.station.clock.now()))))

    @on(Action.get_report)
    def on_get_report(self, **asked: Any) -> Any:
        self.station.stats.commands += 1
        found = self._chosen(**asked)
        return call_result.GetReport("Accepted" if found else "EmptyResultSet")

    @after(Action.get_report)
    def after_get_report(self, request_id: int, **asked: Any) -> None:
        found = self._chosen(**asked)
        if found:
            self.station.errand(self._tell(parts(request_id, found, stamp(self.station.clock.now()))))

    def _chosen(
        self,
        component_variable: list[dict[str, Any]] | None = None,
        component_criteria: list[str] | None = None,
        **_: Any,
    ) -> list[dict[str, Any]]:
        entries = list(report(self.station))
        found = [e for e in entries if not component_variable or any(_matches(e, w) for w in component_variable)]
        if component_criteria is None:
            return found
        fit = [each["component"] for each in entries if _says(each, component_criteria)]
        return [each for each in found if each["component"] in fit]

    @on(Action.set_network_profile)
    def on_set_network_profile(self, configuration_slot: int, connection_data: dict[str, Any], **_: Any) -> Any:
        self.station.stats.commands += 1
        fits = configuration_slot in SLOTS and connection_data["ocpp_transport"] == "JSON"
        if fits:
            self.station.holdings.networks[configuration_slot] = connection_data
        return call_result.SetNetworkProfile("Accepted" if fits else "Rejected")


def result_key(asked: dict[str, Any]) -> dict[str, Any]:
    return {"component": asked["component"], "variable": asked["variable"]}


def parts(request_id: int, entries: list[dict[str, Any]], generated_at: str) -> Iterable[Any]:
    """NotifyReports, numbered from 0; all but the last say that more is to come (B07)."""
    for seq_no, start in enumerate(range(0, len(entries), PART)):
        yield call.NotifyReport(
            request_id=request_id,
            generated_at=generated_at,
            seq_no=seq_no,
            report_data=entries[start : start + PART],
            tbc=start + PART < len(entries),
        )


def _says(entry: dict[str, Any], criteria: list[str]) -> bool:
    """Whether an entry says of its component that one of these is true."""
    return entry["variable"]["name"] in criteria and entry["variableAttribute"][0].get("value") == "true"


def wire_of(component: dict[str, Any]) -> dict[str, Any]:
    """A component of a request in wire keys."""
    evse = component.get("evse")
    if evse is None:
        return component
    number = {"connectorId": evse["connector_id"]} if "connector_id" in evse else {}
    return {**component, "evse": {"id": evse["id"], **number}}


def _matches(entry: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whatever the filter leaves out matches all (B08)."""
    component, variable = wire_of(wanted["component"]), wanted.get("variable", {})
    return all(entry["component"].get(k) == v for k, v in component.items()) and all(
        entry["variable"].get(k) == v for k, v in variable.items()
    )
