"""SetVariables, in 1.6 ChangeConfiguration: change settings of a station (1.6 §5.3, 2.0.1 B05).

Typed payload: `variables`, a list of `variable`, `value`, in 2.x also `component`, `instance`?, `componentInstance`?,
`evseId`?, `connectorId`?, `attribute`?. 1.6 changes one key at a time.
"""

from typing import Any

from api.ocpp import variables
from api.ocpp.parts import divided
from api.ocpp.registry import answered, sent
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from domain.configuration import ChangeOutcome, ConfigurationBook, Variable


@sent("SetVariables", "1.6")
def change_configuration(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if len(typed["variables"]) != 1:
        raise CallFailed("OccurrenceConstraintViolation", "OCPP 1.6 changes one key at a time")
    [change] = typed["variables"]
    return "ChangeConfiguration", {"key": variables.key_v16(change), "value": change["value"]}


@sent("SetVariables", "2.0.1")
def set_variables(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    changes = [variables.variable_asked(change) | {"attributeValue": change["value"]} for change in typed["variables"]]
    return "SetVariables", {"setVariableData": changes}


divided("SetVariables", "2.0.1", list_key="setVariableData", component="DeviceDataCtrlr", instance="SetVariables")


@answered("ChangeConfiguration", "1.6")
async def change_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    await _note(session, Variable(request["key"]), request["value"], response["status"])


@answered("SetVariables", "2.0.1")
async def changes_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    """Results may come in another order than the changes (B05)."""
    values = {variables.variable(data).folded: data["attributeValue"] for data in request["setVariableData"]}
    for result in response["setVariableResult"]:
        variable = variables.variable(result)
        if variable.folded in values:
            await _note(session, variable, values[variable.folded], result["attributeStatus"])


async def _note(session: StationSession, variable: Variable, value: str, status: str) -> None:
    book = await session.book(ConfigurationBook)
    book.trigger_event(
        ConfigurationBook.ChangeAnswered,
        variable=variable,
        value=variable.masked(value),
        outcome=_OUTCOMES.get(status, ChangeOutcome.NOT_SUPPORTED),
        timestamp=session.now,
    )


_OUTCOMES = {outcome.value: outcome for outcome in ChangeOutcome}
