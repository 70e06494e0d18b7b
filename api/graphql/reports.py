# mypy: disallow_untyped_decorators=false
"""Reports of device models: asked for, and followed until they are whole."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import Enum

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.configuration import named
from api.graphql.context import Info
from api.graphql.deciding import within_bounds
from api.graphql.errors import bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import INT_MAX, whole
from api.graphql.visibility import at_least
from projections.reports import ReportRow, ReportStatus, reports, reports_page

_DRAWN = ("requestId",)
_MOST_VARIABLES = 500
strawberry.enum(
    ReportStatus,
    description="INCOMPLETE: parts are still to come, or missing. COMPLETE also if the station has nothing to tell.",
)


@strawberry.enum(description="2.x ReportBaseEnumType.")
class ReportBase(Enum):
    CONFIGURATION_INVENTORY = "ConfigurationInventory"
    FULL_INVENTORY = "FullInventory"
    SUMMARY_INVENTORY = "SummaryInventory"


@strawberry.enum(description="2.x ComponentCriterionEnumType.")
class ComponentCriterion(Enum):
    ACTIVE = "Active"
    AVAILABLE = "Available"
    ENABLED = "Enabled"
    PROBLEM = "Problem"


@strawberry.type(description="A report of a device model. What it tells is in `deviceModel`, part by part as it comes.")
class DeviceModelReport:
    id: strawberry.ID
    station_id: strawberry.ID
    request_id: int
    base: str | None = strawberry.field(
        description="As OCPP spells it; `Custom` for one of given variables; null for one that we did not ask for."
    )
    command_id: strawberry.ID | None
    asked_at: datetime | None
    outcome: str | None = strawberry.field(description="What the station said when it was asked.")
    status: ReportStatus
    parts_received: int
    parts_expected: int | None = strawberry.field(description="Null until the last part has come.")
    missing: list[int] = strawberry.field(
        description="The numbers of parts, from 0, that did not come before a later one; the first 100."
    )
    variables: int = strawberry.field(description="How many were told.")
    generated_at: datetime | None = strawberry.field(description="By the station's clock.")
    part_at: datetime | None = strawberry.field(description="When the latest part came.")

    @classmethod
    def of(cls, row: ReportRow) -> DeviceModelReport:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            request_id=whole(row.request_id),
            base=row.base,
            command_id=strawberry.ID(row.command_id) if row.command_id else None,
            asked_at=row.asked_at,
            outcome=row.outcome,
            status=ReportStatus(row.status),
            parts_received=row.received,
            parts_expected=None if row.last is None else whole(row.last + 1),
            missing=row.missing,
            variables=row.variables,
            generated_at=row.generated_at,
            part_at=row.part_at,
        )


@strawberry.input
class DeviceModelReportFilter:
    station_id: strawberry.ID | None = None
    status: ReportStatus | None = None
    command_id: strawberry.ID | None = None


@strawberry.type
class ReportQueries:
    @strawberry.field(description="Reports of device models, youngest first.")
    async def device_model_reports(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: DeviceModelReportFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[DeviceModelReport]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, reports)
        page = await reports_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, DeviceModelReport.of, lambda row: row.id)


@strawberry.input
class GetBaseReportInput(StationRequest):
    report_base: ReportBase = ReportBase.FULL_INVENTORY


@strawberry.input(description="What is left out counts for all.")
class ReportVariableInput:
    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str | None = None
    instance: str | None = None


@strawberry.input
class GetReportInput(StationRequest):
    criteria: list[ComponentCriterion] = strawberry.field(
        default_factory=list, description="Components for which any of these is true."
    )
    variables: list[ReportVariableInput] = strawberry.field(default_factory=list)


@strawberry.type
class ReportMutations:
    @strawberry.mutation(description="Have a 2.x station report its device model; it comes in `deviceModel`.")
    @refusals_as(CommandPayload)
    async def get_base_report(self, info: Info, input: GetBaseReportInput) -> CommandPayload:
        payload = {"requestId": _request_id(), "reportBase": input.report_base.value}
        return await ask(info, input, "GetBaseReport", payload, drawn=_DRAWN)

    @strawberry.mutation(description="Have a 2.x station report given components and variables.")
    @refusals_as(CommandPayload)
    async def get_report(self, info: Info, input: GetReportInput) -> CommandPayload:
        criteria = [criterion.value for criterion in input.criteria]
        if len(set(criteria)) < len(criteria):
            raise bad_input("criteria", "a criterion is named twice")
        within_bounds("variables", len(input.variables), 0 if criteria else 1, _MOST_VARIABLES)
        payload = {
            "requestId": _request_id(),
            "criteria": criteria,
            "variables": [named(asked) for asked in input.variables],
        }
        return await ask(info, input, "GetReport", payload, drawn=_DRAWN)


def _request_id() -> int:
    """Leaves room for the ids of the parts of a request."""
    return 1 + secrets.randbelow(INT_MAX - _MOST_VARIABLES)
