# mypy: disallow_untyped_decorators=false
"""What a station may be asked by hand, for front-ends that make a form of it and need not know OCPP."""

from __future__ import annotations

from typing import cast

import strawberry

from api.graphql.context import Form, Info
from api.graphql.errors import Code, stop
from api.graphql.scalars import JSON
from api.graphql.visibility import at_least
from projections.availability import availability, stations_by_id


@strawberry.type(description="Something that a station may be asked in its version, with requestCommand.")
class CommandForm:
    action: str = strawberry.field(description="As requestCommand takes it.")
    typed_as: str | None = strawberry.field(
        description="What it is called as `Command.action` where a mutation of its own asks it, for all versions alike."
    )
    description: str | None
    schema: JSON = strawberry.field(description="JSON Schema of the payload.")

    @classmethod
    def of(cls, form: Form) -> CommandForm:
        return cls(
            action=form.action,
            typed_as=form.typed_as,
            description=form.description,
            schema=cast(JSON, form.schema),
        )


@strawberry.type
class CommandFormQueries:
    @strawberry.field(description="What a station may be asked, by name; of one action where it is named.")
    async def command_forms(
        self,
        info: Info,
        station_id: strawberry.ID,
        action: str | None = None,
        at_least_position: str | None = None,
    ) -> list[CommandForm]:
        await at_least(info, at_least_position, availability)
        row = await info.context.load(stations_by_id, station_id)
        if row is None:
            raise stop(Code.BAD_INPUT, f"there is no station {station_id[:60]!r}")
        version = row.ocpp_version or row.assumed_version
        if version is None:
            raise stop(Code.BAD_INPUT, "the station has never been connected: nobody knows its version of OCPP")
        forms = info.context.services.forms(version)
        if forms is None:
            raise stop(Code.BAD_INPUT, f"nobody here speaks OCPP {version}")
        return [CommandForm.of(form) for form in forms if action in (None, form.action)]
