"""SetVariableMonitoring: watch variables, or change what is watched (2.0.1 N04).

Typed payload: `monitors`, a list of `type`, `value` (as text), `severity`, `transaction`, `id`? of the monitor that is
replaced, and the names of a variable as in SetVariables.
"""

from typing import Any

from api.ocpp import variables, wire
from api.ocpp.monitors import threshold
from api.ocpp.parts import divided
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.monitoring import CUSTOM, Monitor, MonitoringBook, Setting


@sent("SetVariableMonitoring", "2.0.1")
def set_variable_monitoring(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "SetVariableMonitoring", {"setMonitoringData": [_said(monitor) for monitor in typed["monitors"]]}


def _said(monitor: dict[str, Any]) -> dict[str, Any]:
    replaced = {"id": monitor["id"]} if monitor.get("id") is not None else {}
    transaction = {"transaction": True} if monitor.get("transaction") else {}
    told = {name: monitor[name] for name in ("type", "severity")}
    return {**replaced, **transaction, "value": float(monitor["value"]), **told, **variables.variable_asked(monitor)}


divided(
    "SetVariableMonitoring",
    "2.0.1",
    list_key="setMonitoringData",
    component="MonitoringCtrlr",
    instance="SetVariableMonitoring",
)


@answered("SetVariableMonitoring", "2.0.1")
async def settings_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    """Results may come in another order than what was asked for; they do not repeat value and id (N04)."""
    asked = list(request["setMonitoringData"])
    settings = []
    for result in response["setMonitoringResult"]:
        data = next((data for data in asked if _name(data) == _name(result)), None)
        if data is not None:
            asked.remove(data)
            settings.append(Setting(_monitor(data, result), result["status"]))
    book = await session.book(MonitoringBook)
    book.trigger_event(MonitoringBook.SettingsAnswered, settings=tuple(settings), timestamp=session.now)


def _name(data: dict[str, Any]) -> tuple[str, str, int]:
    return variables.variable(data).folded, data["type"], data["severity"]


def _monitor(data: dict[str, Any], result: dict[str, Any]) -> Monitor:
    number = wire.reference(result.get("id"))
    return Monitor(
        id=wire.reference(data.get("id")) if number is None else number,
        variable=variables.variable(data),
        type=data["type"],
        value=threshold(data["value"]),
        severity=wire.reference(data["severity"]) or 0,
        transaction=data.get("transaction", False),
        kind=CUSTOM,
    )
