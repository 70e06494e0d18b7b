"""NotifyReport: a station's device model, part by part (2.0.1 B07, B08)."""

from functools import lru_cache
from typing import Any

from api.ocpp import variables, wire
from api.ocpp.parts import note_limits
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.configuration import ACTUAL, Variable
from domain.device_model import Attribute, Characteristics, DeviceModelBook, VariableReport


@received("NotifyReport", "2.0.1")
async def notify_report(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    reported = tuple([_variable_report(data) for data in request.get("reportData", ())])
    book = await session.book(DeviceModelBook)
    book.trigger_event(
        DeviceModelBook.PartReported,
        request_id=wire.integer(request["requestId"]),
        seq_no=wire.integer(request["seqNo"]),
        generated_at=wire.instant(request["generatedAt"]),
        more=request.get("tbc", False),
        variables=reported,
        timestamp=session.now,
    )
    told = [(report.variable, a.value) for report in reported for a in report.attributes if a.type == ACTUAL]
    await note_limits(session, told)
    return {}


def _variable_report(data: dict[str, Any]) -> VariableReport:
    variable = variables.variable(data)
    attributes = tuple([_attribute(variable, attribute) for attribute in data["variableAttribute"]])
    return VariableReport(variable, attributes, _characteristics(data.get("variableCharacteristics")))


def _attribute(variable: Variable, data: dict[str, Any]) -> Attribute:
    """One that may be read and has no value is not set (B06.FR.13)."""
    mutability = data.get("mutability", "ReadWrite")
    value = data.get("value", None if mutability == "WriteOnly" else "")
    return Attribute(
        None if value is None else variable.masked(value),
        data.get("type", ACTUAL),
        mutability,
        data.get("persistent", False),
        data.get("constant", False),
    )


def _characteristics(data: dict[str, Any] | None) -> Characteristics | None:
    if data is None:
        return None
    limits = data.get("minLimit"), data.get("maxLimit")
    return _alike(data["dataType"], data["supportsMonitoring"], data.get("unit"), *limits, data.get("valuesList"))


@lru_cache(maxsize=4096)
def _alike(
    data_type: str,
    supports_monitoring: bool,
    unit: str | None,
    lowest: float | None,
    highest: float | None,
    values_list: str | None,
) -> Characteristics:
    """Many variables of many stations share theirs."""
    return Characteristics(
        data_type,
        supports_monitoring,
        unit,
        None if lowest is None else wire.decimal(lowest),
        None if highest is None else wire.decimal(highest),
        values_list,
    )
