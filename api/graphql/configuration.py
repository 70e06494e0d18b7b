# mypy: disallow_untyped_decorators=false
"""How stations are configured: what was asked for, what they confirm, where the two differ, and asking for it."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask, where
from api.graphql.context import Info
from api.graphql.deciding import DEEPEST_PAYLOAD, checked, deeper, within_bounds
from api.graphql.enums import ChangeOutcome, WishOutcome
from api.graphql.errors import bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import INT_MAX, JSON
from api.graphql.visibility import at_least
from projections.availability_wishes import AvailabilityWishRow, availability_wishes, wishes_of
from projections.configuration import (
    ANSWER,
    CHANGE,
    EVENT,
    REPORT,
    Drifting,
    Entry,
    configuration,
    drifting_page,
    settings_page,
    values_by_setting,
)

_LONGEST_NAME = 50
_LONGEST_VALUE = 2_500
_MOST_VARIABLES = 500
_MOST_AT_ONCE = 1_000
_ONE_COMPONENT = "2.x: the component it belongs to. 1.6 has keys, which are variables without one."


@strawberry.enum(description="2.x AttributeEnumType.")
class VariableAttribute(Enum):
    ACTUAL = "Actual"
    TARGET = "Target"
    MIN_SET = "MinSet"
    MAX_SET = "MaxSet"


@strawberry.enum(description="How a value was told: in a report, in an answer, by an accepted change, in an event.")
class ConfigurationSource(Enum):
    REPORT = REPORT
    ANSWER = ANSWER
    CHANGE = CHANGE
    EVENT = EVENT


@strawberry.type(description="A value that a setting had, from then until the next.")
class ConfigurationValue:
    value: str | None = strawberry.field(description="Null: the station said that it has no such setting.")
    source: ConfigurationSource
    told_at: datetime


@strawberry.type(
    description="A setting of a station: a 1.6 key, or an attribute of a 2.x variable. Secrets are masked."
    " What the station has not told is null."
)
class ConfigurationEntry:
    id: strawberry.Private[str]
    variable: str
    component: str | None = strawberry.field(description=_ONE_COMPONENT)
    instance: str | None
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    attribute: str = strawberry.field(description="2.x: Actual, Target, MinSet or MaxSet; elsewhere `Actual`.")
    desired: str | None = strawberry.field(description="Asked for last, whatever became of it.")
    confirmed: str | None = strawberry.field(description="Accepted or reported last.")
    source: ConfigurationSource | None = strawberry.field(description="How `confirmed` was told last.")
    told_at: datetime | None = strawberry.field(description="When `confirmed` was told last.")
    drift: bool = strawberry.field(description="What was asked for is not what the station confirms.")
    read_only: bool | None
    unknown: bool = strawberry.field(description="The station says that it has no such setting.")
    reboot_required: bool = strawberry.field(description="Takes effect at the next boot.")
    outcome: ChangeOutcome | None = strawberry.field(description="Of the last change.")
    asked_at: datetime | None
    changed_at: datetime | None = strawberry.field(description="When the last change was answered.")
    reported_at: datetime | None
    mutability: str | None = strawberry.field(description="ReadOnly, WriteOnly or ReadWrite.")
    persistent: bool | None = strawberry.field(description="The value outlasts a restart.")
    constant: bool | None = strawberry.field(description="The value never changes.")
    data_type: str | None = strawberry.field(description="As OCPP spells it, such as `integer` or `OptionList`.")
    unit: str | None
    min_limit: Decimal | None
    max_limit: Decimal | None
    values_list: str | None = strawberry.field(description="The values that there are, with commas between them.")
    supports_monitoring: bool | None

    @strawberry.field(description="The last 20 different values, youngest first.")
    async def history(self, info: Info) -> list[ConfigurationValue]:
        rows = await info.context.load(values_by_setting, self.id)
        return [
            ConfigurationValue(value=row.value, source=ConfigurationSource(row.source), told_at=row.told_at)
            for row in rows or ()
        ]

    @classmethod
    def of(cls, entry: Entry) -> ConfigurationEntry:
        return cls(
            id=entry.id,
            variable=entry.variable,
            component=entry.component,
            instance=entry.instance,
            component_instance=entry.component_instance,
            evse_id=entry.evse_id,
            connector_id=entry.connector_id,
            attribute=entry.attribute,
            desired=entry.desired,
            confirmed=entry.confirmed,
            source=ConfigurationSource(entry.source) if entry.source else None,
            told_at=entry.told_at,
            drift=entry.drift,
            read_only=entry.read_only,
            unknown=entry.unknown,
            reboot_required=entry.reboot_since is not None,
            outcome=ChangeOutcome(entry.outcome) if entry.outcome else None,
            asked_at=entry.asked_at,
            changed_at=entry.changed_at,
            reported_at=entry.reported_at,
            mutability=entry.mutability,
            persistent=entry.persistent,
            constant=entry.constant,
            data_type=entry.data_type,
            unit=entry.unit,
            min_limit=entry.min_limit,
            max_limit=entry.max_limit,
            values_list=entry.values_list,
            supports_monitoring=entry.supports_monitoring,
        )


@strawberry.type(description="A station that differs from what was asked of it.")
class ConfigurationDrift:
    station_id: strawberry.ID
    settings: int = strawberry.field(description="How many of its settings differ.")

    @classmethod
    def of(cls, row: Drifting) -> ConfigurationDrift:
        return cls(station_id=strawberry.ID(row.station_id), settings=row.settings)


@strawberry.type(description="What was to be in or out of service last, and what the station answered.")
class AvailabilityWish:
    evse_id: int | None = strawberry.field(description="Null is the whole station.")
    connector_id: int | None
    operative: bool
    outcome: WishOutcome = strawberry.field(description="Scheduled: when the running transaction has ended.")
    answered_at: datetime

    @classmethod
    def of(cls, row: AvailabilityWishRow) -> AvailabilityWish:
        return cls(
            evse_id=row.evse_id or None,
            connector_id=row.connector_id or None,
            operative=row.operative,
            outcome=WishOutcome(row.outcome),
            answered_at=row.answered_at,
        )


@strawberry.input(description="Names are compared without regard to case.")
class DeviceModelFilter:
    component: str | None = None
    variable: str | None = None
    evse_id: int | None = None
    drift: bool | None = None
    unknown: bool | None = None


@strawberry.type
class ConfigurationQueries:
    @strawberry.field(
        description="The settings of a station that were asked for, changed or reported: the first 1,000 by their"
        " names. `deviceModel` has them page by page."
    )
    async def configuration(
        self, info: Info, station_id: strawberry.ID, at_least_position: str | None = None
    ) -> list[ConfigurationEntry]:
        await at_least(info, at_least_position, configuration)
        page = await settings_page(info.context.pool, station_id, _MOST_AT_ONCE, None)
        return [ConfigurationEntry.of(entry) for entry in page.rows]

    @strawberry.field(
        description="What is known of a station's settings, components and their variables, in the order of their"
        " names: component, EVSE, variable."
    )
    async def device_model(
        self,
        info: Info,
        station_id: strawberry.ID,
        first: int,
        after: str | None = None,
        filter: DeviceModelFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[ConfigurationEntry]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, configuration)
        where = vars(filter) if filter else {}
        page = await settings_page(info.context.pool, station_id, size, key, **where)
        return connection(page, ConfigurationEntry.of, lambda entry: entry.key)

    @strawberry.field(description="Stations that differ from what was asked of them, by id.")
    async def configuration_drifts(
        self, info: Info, first: int, after: str | None = None, at_least_position: str | None = None
    ) -> Connection[ConfigurationDrift]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, configuration)
        page = await drifting_page(info.context.pool, size, key)
        return connection(page, ConfigurationDrift.of, lambda row: row.station_id)

    @strawberry.field(description="The last changes of availability that a station has answered.")
    async def availability_wishes(
        self, info: Info, station_id: strawberry.ID, at_least_position: str | None = None
    ) -> list[AvailabilityWish]:
        await at_least(info, at_least_position, availability_wishes)
        return [AvailabilityWish.of(row) for row in await wishes_of(info.context.pool, station_id)]


@strawberry.input
class VariableInput:
    variable: str = strawberry.field(description="1.6: the key.")
    component: str | None = strawberry.field(default=None, description=_ONE_COMPONENT)
    instance: str | None = None
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    attribute: VariableAttribute = strawberry.field(default=VariableAttribute.ACTUAL, description="2.x.")


@strawberry.input
class VariableValueInput(VariableInput):
    value: str


@strawberry.input
class ChangeConfigurationInput(StationRequest):
    variables: list[VariableValueInput] = strawberry.field(description="1.6 changes one at a time.")


@strawberry.input
class GetConfigurationInput(StationRequest):
    variables: list[VariableInput] = strawberry.field(
        default_factory=list, description="None: everything, which 2.x tells in a report."
    )


@strawberry.input
class ClearCacheInput(StationRequest):
    pass


@strawberry.input
class SendDataTransferInput(StationRequest):
    vendor_id: str
    message_id: str | None = None
    data: JSON | None = strawberry.field(default=None, description="1.6 has text: anything else goes as JSON.")


@strawberry.type
class ConfigurationMutations:
    @strawberry.mutation(description="Change settings of a station; what it confirms is in `configuration`.")
    @refusals_as(CommandPayload)
    async def change_configuration(self, info: Info, input: ChangeConfigurationInput) -> CommandPayload:
        _count(input.variables, 1)
        changes, names = [], set()
        for change in input.variables:
            if len(change.value) > _LONGEST_VALUE or "\0" in change.value:
                raise bad_input("value", f"value must have at most {_LONGEST_VALUE} characters, none of them NUL")
            name = named(change)
            names.add(frozenset((key, str(part).casefold()) for key, part in name.items()))
            changes.append(name | {"value": change.value})
        if len(names) < len(changes):  # B05: one value a request
            raise bad_input("variables", "a variable is named twice")
        return await ask(info, input, "SetVariables", {"variables": changes})

    @strawberry.mutation(description="Ask a station for its settings; they come in `configuration`.")
    @refusals_as(CommandPayload)
    async def get_configuration(self, info: Info, input: GetConfigurationInput) -> CommandPayload:
        _count(input.variables, 0)
        payload: dict[str, Any] = {"variables": [named(asked) for asked in input.variables]}
        if not input.variables:
            payload["requestId"] = 1 + secrets.randbelow(INT_MAX)
        return await ask(info, input, "GetVariables", payload, drawn=("requestId",))

    @strawberry.mutation(description="Let a station forget which tokens were accepted before.")
    @refusals_as(CommandPayload)
    async def clear_cache(self, info: Info, input: ClearCacheInput) -> CommandPayload:
        return await ask(info, input, "ClearCache", {})

    @strawberry.mutation(description="Say something in a vendor's own terms; the answer is the command's response.")
    @refusals_as(CommandPayload)
    async def send_data_transfer(self, info: Info, input: SendDataTransferInput) -> CommandPayload:
        payload: dict[str, Any] = {"vendorId": checked("vendorId", input.vendor_id)}
        if input.message_id is not None:
            payload["messageId"] = checked("messageId", input.message_id, _LONGEST_NAME)
        if deeper(input.data, DEEPEST_PAYLOAD):
            raise bad_input("data", f"data must be at most {DEEPEST_PAYLOAD} levels deep")
        if input.data is not None:
            payload["data"] = input.data
        return await ask(info, input, "DataTransfer", payload)


def _count(variables: list[Any], least: int) -> None:
    within_bounds("variables", len(variables), least, _MOST_VARIABLES)


def named(input: Any) -> dict[str, Any]:
    """The name of a setting or of a component in our words."""
    names: dict[str, Any] = {}
    for name, text in (
        ("variable", input.variable),
        ("component", input.component),
        ("instance", input.instance),
        ("componentInstance", input.component_instance),
    ):
        if text is not None:
            names[name] = checked(name, text, _LONGEST_NAME)
    attribute = getattr(input, "attribute", VariableAttribute.ACTUAL)
    if attribute is not VariableAttribute.ACTUAL:
        names["attribute"] = attribute.value
    return names | where(input)
