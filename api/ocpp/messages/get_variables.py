"""GetVariables, in 1.6 GetConfiguration: ask for settings of a station (1.6 §5.8, 2.0.1 B06).

Typed payload: `variables`, a list of `variable`, in 2.x also `component`, `instance`?, `componentInstance`?, `evseId`?,
`connectorId`?, `attribute`?. None at all asks for everything there is: 2.x has a report for that, whose `requestId`
then stands beside them.
"""

from typing import Any

from api.ocpp import variables
from api.ocpp.parts import divided, note_limits
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.configuration import ConfigurationBook, Setting, Variable


@sent("GetVariables", "1.6")
def get_configuration(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    keys = [variables.key_v16(asked) for asked in typed["variables"]]
    return "GetConfiguration", {"key": keys} if keys else {}


@sent("GetVariables", "2.0.1")
def get_variables(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if not typed["variables"]:
        return "GetBaseReport", {"requestId": typed["requestId"], "reportBase": "FullInventory"}
    return "GetVariables", {"getVariableData": [variables.variable_asked(asked) for asked in typed["variables"]]}


divided("GetConfiguration", "1.6", list_key="key", component="DeviceDataCtrlr", instance="GetVariables")
divided("GetVariables", "2.0.1", list_key="getVariableData", component="DeviceDataCtrlr", instance="GetVariables")


@answered("GetConfiguration", "1.6")
async def configuration_reported(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    """A key without a value is not set (1.6 §7.29), or a secret."""
    settings = []
    for reported in response.get("configurationKey", ()):
        key = Variable(reported["key"])
        value = reported.get("value", None if key.secret else "")
        settings.append(_setting(key, value, reported["readonly"]))
    await _note(session, settings, [Variable(key) for key in response.get("unknownKey", ())])
    await note_limits(session, [(setting.variable, setting.value) for setting in settings])


@answered("GetVariables", "2.0.1")
async def variables_reported(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    """Rejected means that it is there and may not be read: write-only (B06)."""
    settings, unknown = [], []
    for result in response["getVariableResult"]:
        named = variables.variable(result)
        if result["attributeStatus"] in ("Accepted", "Rejected"):
            settings.append(_setting(named, result.get("attributeValue")))
        else:
            unknown.append(named)
    await _note(session, settings, unknown)
    await note_limits(session, [(setting.variable, setting.value) for setting in settings])


def _setting(variable: Variable, value: str | None, read_only: bool | None = None) -> Setting:
    return Setting(variable, None if value is None else variable.masked(value), read_only)


async def _note(session: StationSession, settings: list[Setting], unknown: list[Variable]) -> None:
    book = await session.book(ConfigurationBook)
    book.trigger_event(
        ConfigurationBook.Reported, settings=tuple(settings), unknown=tuple(unknown), timestamp=session.now
    )
