# mypy: disallow_untyped_decorators=false
"""Having stations monitor their variables."""

from __future__ import annotations

import secrets
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.configuration import named
from api.graphql.context import Info
from api.graphql.deciding import within_bounds
from api.graphql.errors import bad_input, refusals_as
from api.graphql.reports import ReportVariableInput
from api.graphql.scalars import INT_MAX

_MOST_MONITORS = 500
_GREATEST = 10**12


@strawberry.enum(
    description="2.x MonitoringBaseEnumType. FactoryDefault does away with custom monitors, HardWiredOnly also with"
    " preconfigured ones."
)
class MonitoringBase(Enum):
    All = "All"
    FactoryDefault = "FactoryDefault"
    HardWiredOnly = "HardWiredOnly"


@strawberry.enum(description="2.x MonitorEnumType.")
class MonitorType(Enum):
    UpperThreshold = "UpperThreshold"
    LowerThreshold = "LowerThreshold"
    Delta = "Delta"
    Periodic = "Periodic"
    PeriodicClockAligned = "PeriodicClockAligned"


@strawberry.enum(description="2.x MonitoringCriterionEnumType.")
class MonitoringCriterion(Enum):
    ThresholdMonitoring = "ThresholdMonitoring"
    DeltaMonitoring = "DeltaMonitoring"
    PeriodicMonitoring = "PeriodicMonitoring"


@strawberry.input
class SetMonitoringBaseInput(StationRequest):
    base: MonitoringBase


@strawberry.input
class SetMonitoringLevelInput(StationRequest):
    severity: int = strawberry.field(description="From 0, danger, to 9, debug: what is above is not told any more.")


@strawberry.input
class VariableMonitorInput(ReportVariableInput):
    variable: str = strawberry.field()  # without the default that the inherited one has
    type: MonitorType
    value: Decimal = strawberry.field(
        description="A threshold, a difference (1 for what is no number), or seconds, as the type says."
    )
    severity: int
    transaction: bool = strawberry.field(default=False, description="Only look while a transaction is running.")
    monitor_id: int | None = strawberry.field(default=None, description="Of the monitor that this one replaces.")


@strawberry.input
class SetVariableMonitoringInput(StationRequest):
    monitors: list[VariableMonitorInput]


@strawberry.input
class ClearVariableMonitoringInput(StationRequest):
    monitor_ids: list[int]


@strawberry.input
class GetMonitoringReportInput(StationRequest):
    criteria: list[MonitoringCriterion] = strawberry.field(default_factory=list, description="None: any.")
    variables: list[ReportVariableInput] = strawberry.field(default_factory=list, description="None: all.")


@strawberry.type
class MonitoringMutations:
    @strawberry.mutation(description="Have a station begin with the monitors of a base.")
    @refusals_as(CommandPayload)
    async def set_monitoring_base(self, info: Info, input: SetMonitoringBaseInput) -> CommandPayload:
        return await ask(info, input, "SetMonitoringBase", {"monitoringBase": input.base.value})

    @strawberry.mutation(description="Have a station tell only what is severe enough.")
    @refusals_as(CommandPayload)
    async def set_monitoring_level(self, info: Info, input: SetMonitoringLevelInput) -> CommandPayload:
        within_bounds("severity", input.severity, 0, 9)
        return await ask(info, input, "SetMonitoringLevel", {"severity": input.severity})

    @strawberry.mutation(description="Have a station watch variables; what it sets is in `monitors`.")
    @refusals_as(CommandPayload)
    async def set_variable_monitoring(self, info: Info, input: SetVariableMonitoringInput) -> CommandPayload:
        within_bounds("monitors", len(input.monitors), 1, _MOST_MONITORS)
        return await ask(info, input, "SetVariableMonitoring", {"monitors": [_typed(each) for each in input.monitors]})

    @strawberry.mutation(description="Have a station watch no more.")
    @refusals_as(CommandPayload)
    async def clear_variable_monitoring(self, info: Info, input: ClearVariableMonitoringInput) -> CommandPayload:
        within_bounds("monitorIds", len(input.monitor_ids), 1, _MOST_MONITORS)
        for number in input.monitor_ids:
            within_bounds("monitorIds", number, 0, INT_MAX)
        return await ask(info, input, "ClearVariableMonitoring", {"ids": input.monitor_ids})

    @strawberry.mutation(description="Ask a station which monitors it has; they come in `monitoringReports`.")
    @refusals_as(CommandPayload)
    async def get_monitoring_report(self, info: Info, input: GetMonitoringReportInput) -> CommandPayload:
        within_bounds("variables", len(input.variables), 0, _MOST_MONITORS)
        payload: dict[str, Any] = {"requestId": 1 + secrets.randbelow(INT_MAX)}
        if criteria := [criterion.value for criterion in input.criteria]:
            if len(set(criteria)) < len(criteria):
                raise bad_input("criteria", "criteria must not name one twice")
            payload["criteria"] = criteria
        if input.variables:
            payload["variables"] = [named(each) for each in input.variables]
        return await ask(info, input, "GetMonitoringReport", payload, drawn=("requestId",))


def _typed(input: VariableMonitorInput) -> dict[str, Any]:
    within_bounds("severity", input.severity, 0, 9)
    within_bounds("value", float(input.value), -_GREATEST, _GREATEST)
    if round(input.value, 6) != input.value:
        raise bad_input("value", "value must have at most 6 decimal places")
    payload = named(input) | {"type": input.type.value, "value": format(input.value, "f"), "severity": input.severity}
    if input.transaction:
        payload["transaction"] = True
    if input.monitor_id is not None:
        within_bounds("monitorId", input.monitor_id, 0, INT_MAX)
        payload["id"] = input.monitor_id
    return payload
