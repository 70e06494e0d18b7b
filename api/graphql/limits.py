"""How much one document may ask: its depth, its aliases, and how many objects its answer may hold.

The library's own limiters walk each spread of a fragment anew, so fragments that double each other keep them busy for
ever, and made anew for each request they defeat the cache of validations. Here each fragment is measured once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    SelectionNode,
    SelectionSetNode,
    ValidationRule,
)
from strawberry.extensions import AddValidationRules

from api.graphql.errors import Code, stop
from api.graphql.paging import MOST

DEEPEST = 10
MOST_ALIASES = 30
MOST_TOKENS = 2000
MOST_OBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int = 0
    aliases: int = 0
    objects: int = 0


class DocumentLimits(ValidationRule):
    """Introspection is not measured for depth: tools send one long known query, and it costs no database."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._fragments = {
            definition.name.value: definition
            for definition in context.document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, _Size] = {}

    def enter_operation_definition(self, node: Any, *_: Any) -> None:
        size = self._measure(node.selection_set)
        for what, found, allowed in (
            ("levels", size.depth, DEEPEST),
            ("aliases", size.aliases, MOST_ALIASES),
            ("objects in the answer", size.objects, MOST_OBJECTS),
        ):
            if found > allowed:
                self.report_error(_too_much(f"the document asks for {min(found, 10**9)} {what}, {allowed} are allowed"))

    def _measure(self, selections: SelectionSetNode | None) -> _Size:
        depth = aliases = objects = 0
        for selection in selections.selections if selections else ():
            size = self._measure_one(selection)
            depth = max(depth, size.depth)
            aliases += size.aliases
            objects += size.objects
        return _Size(depth, aliases, objects)

    def _measure_one(self, selection: SelectionNode) -> _Size:
        if isinstance(selection, FragmentSpreadNode):
            return self._measure_fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            return self._measure(selection.selection_set)
        if not isinstance(selection, FieldNode):
            return _Size()
        alias = int(selection.alias is not None)
        if selection.selection_set is None:
            return _Size(0, alias, 0)
        inner = self._measure(selection.selection_set)
        if selection.name.value.startswith("__"):
            return _Size(0, alias + inner.aliases, 0)
        return _Size(1 + inner.depth, alias + inner.aliases, _times(selection) * (1 + inner.objects))

    def _measure_fragment(self, name: str) -> _Size:
        if name not in self._measured:
            self._measured[name] = _Size()  # a cycle ends here; another rule refuses it
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._measured[name] = self._measure(fragment.selection_set)
        return self._measured[name]


def _times(field: FieldNode) -> int:
    """How many objects a field may bring: what `first` says, the most it can where that is a variable."""
    for argument in field.arguments or ():
        if argument.name.value == "first":
            value = argument.value
            return max(1, min(int(value.value), MOST)) if isinstance(value, IntValueNode) else MOST
    return 1


def _too_much(message: str) -> GraphQLError:
    return stop(Code.BAD_INPUT, message)


def document_limits() -> AddValidationRules:
    return AddValidationRules([DocumentLimits])
