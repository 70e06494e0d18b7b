"""Components and variables of the device model of 2.x, as front-ends name them."""

from __future__ import annotations

from typing import Any

import strawberry

from api.graphql.asking import where
from api.graphql.deciding import checked

_LONGEST_NAME = 50


@strawberry.input
class ComponentInput:
    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None


@strawberry.input
class ComponentVariableInput(ComponentInput):
    variable: str | None = strawberry.field(default=None, description="Null: every variable of the component.")
    instance: str | None = strawberry.field(default=None, description="Of the variable.")


def named(input: ComponentInput) -> dict[str, Any]:
    """The names in our words, those that are given."""
    names = {"component": input.component, "componentInstance": input.component_instance}
    if isinstance(input, ComponentVariableInput):
        names |= {"variable": input.variable, "instance": input.instance}
    given = {name: checked(name, text, _LONGEST_NAME) for name, text in names.items() if text is not None}
    return given | where(input)
