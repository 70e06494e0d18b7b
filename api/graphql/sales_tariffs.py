# mypy: disallow_untyped_decorators=false
"""Sales tariffs for cars that speak ISO 15118, as a front-end gives them and sees them (2.0.1 K15)."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import strawberry

from api.graphql.deciding import checked, within_bounds
from api.graphql.enums import CostKind
from api.graphql.errors import bad_input
from api.graphql.scalars import INT_MAX, whole
from domain import sales_tariff

_MOST_ENTRIES = 1024
_MOST_COSTS = 3
_LONGEST_DESCRIPTION = 32
_SECONDS = "Seconds from the start of the schedule."
_MOST_LEVELS = 255


@strawberry.type(description="`amount` times ten to the power of `amountMultiplier`.")
class SalesTariffCost:
    cost_kind: CostKind
    amount: int
    amount_multiplier: int | None

    @classmethod
    def of(cls, cost: sales_tariff.Cost) -> SalesTariffCost:
        multiplier = None if cost.multiplier is None else whole(cost.multiplier)
        return cls(cost_kind=cost.kind, amount=whole(cost.amount), amount_multiplier=multiplier)


@strawberry.type(description="From so much consumption on.")
class SalesTariffConsumptionCost:
    start_value: Decimal
    costs: list[SalesTariffCost]

    @classmethod
    def of(cls, cost: sales_tariff.ConsumptionCost) -> SalesTariffConsumptionCost:
        return cls(start_value=cost.start_value, costs=[SalesTariffCost.of(each) for each in cost.costs])


@strawberry.type
class SalesTariffEntry:
    start: int = strawberry.field(description=_SECONDS)
    duration: int | None
    price_level: int | None = strawberry.field(description="0 is the cheapest.")
    consumption_costs: list[SalesTariffConsumptionCost]

    @classmethod
    def of(cls, entry: sales_tariff.SalesTariffEntry) -> SalesTariffEntry:
        return cls(
            start=whole(entry.start),
            duration=None if entry.duration is None else whole(entry.duration),
            price_level=None if entry.price_level is None else whole(entry.price_level),
            consumption_costs=[SalesTariffConsumptionCost.of(cost) for cost in entry.consumption_costs],
        )


@strawberry.type(description="What energy costs in the course of a schedule, as a car is told it (ISO 15118).")
class SalesTariff:
    id: int
    description: str | None
    price_levels: int | None
    entries: list[SalesTariffEntry]

    @classmethod
    def of(cls, tariff: sales_tariff.SalesTariff) -> SalesTariff:
        return cls(
            id=whole(tariff.id),
            description=tariff.description,
            price_levels=None if tariff.price_levels is None else whole(tariff.price_levels),
            entries=[SalesTariffEntry.of(entry) for entry in tariff.entries],
        )


@strawberry.input(description="`amount` times ten to the power of `amountMultiplier` (-3 to 3).")
class SalesTariffCostInput:
    cost_kind: CostKind
    amount: int
    amount_multiplier: int | None = None


@strawberry.input
class SalesTariffConsumptionCostInput:
    start_value: Decimal = strawberry.field(description="From this consumption on.")
    costs: list[SalesTariffCostInput]


@strawberry.input
class SalesTariffEntryInput:
    start: int = strawberry.field(description=f"{_SECONDS} The first is 0.")
    duration: int | None = None
    price_level: int | None = strawberry.field(default=None, description="0 is the cheapest.")
    consumption_costs: list[SalesTariffConsumptionCostInput] | None = None


@strawberry.input
class SalesTariffInput:
    id: int = strawberry.field(description="1 to 255.")
    description: str | None = None
    price_levels: int | None = strawberry.field(default=None, description="How many there are.")
    entries: list[SalesTariffEntryInput]


def typed_sales_tariff(tariff: SalesTariffInput) -> dict[str, Any]:
    """In the words of 2.0.1. Refuses what no car may be told."""
    within_bounds("id", tariff.id, 1, _MOST_LEVELS)
    starts = [entry.start for entry in tariff.entries]
    if not 1 <= len(starts) <= _MOST_ENTRIES:
        raise bad_input("entries", f"a sales tariff has 1 to {_MOST_ENTRIES} entries")
    if starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(starts)):
        raise bad_input("start", "the first entry starts at 0, each other one after the one before it")
    typed: dict[str, Any] = {"id": tariff.id, "salesTariffEntry": [_entry(entry) for entry in tariff.entries]}
    if tariff.description is not None:
        typed["salesTariffDescription"] = checked("description", tariff.description, _LONGEST_DESCRIPTION)
    if tariff.price_levels is not None:
        within_bounds("priceLevels", tariff.price_levels, 1, _MOST_LEVELS)
        typed["numEPriceLevels"] = tariff.price_levels
    return typed


def _entry(entry: SalesTariffEntryInput) -> dict[str, Any]:
    typed: dict[str, Any] = {"relativeTimeInterval": {"start": entry.start}}
    if entry.duration is not None:
        within_bounds("duration", entry.duration, 1, INT_MAX)
        typed["relativeTimeInterval"]["duration"] = entry.duration
    if entry.price_level is not None:
        within_bounds("priceLevel", entry.price_level, 0, _MOST_LEVELS)
        typed["ePriceLevel"] = entry.price_level
    if entry.consumption_costs is not None:
        typed["consumptionCost"] = [_cost(cost) for cost in _few("consumptionCosts", entry.consumption_costs)]
    return typed


def _cost(cost: SalesTariffConsumptionCostInput) -> dict[str, Any]:
    kinds = []
    for each in _few("costs", cost.costs):
        typed: dict[str, Any] = {"costKind": each.cost_kind.value, "amount": each.amount}
        if each.amount_multiplier is not None:
            within_bounds("amountMultiplier", each.amount_multiplier, -3, 3)
            typed["amountMultiplier"] = each.amount_multiplier
        kinds.append(typed)
    within_bounds("startValue", float(cost.start_value), 0, 10**12)
    return {"startValue": float(cost.start_value), "cost": kinds}


def _few(field: str, given: list[Any]) -> list[Any]:
    if not 1 <= len(given) <= _MOST_COSTS:
        raise bad_input(field, f"{field} are 1 to {_MOST_COSTS}")
    return given
