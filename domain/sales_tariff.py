"""What energy costs in the course of a schedule, as a car that speaks ISO 15118 is told it: a hint for its plan, not a
price that anybody is billed (2.0.1 K15).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class CostKind(StrEnum):
    CARBON_DIOXIDE_EMISSION = "CarbonDioxideEmission"
    RELATIVE_PRICE_PERCENTAGE = "RelativePricePercentage"
    RENEWABLE_GENERATION_PERCENTAGE = "RenewableGenerationPercentage"


@dataclass(frozen=True, slots=True)
class Cost:
    """`amount` times ten to the power of `multiplier`."""

    kind: CostKind
    amount: int
    multiplier: int | None = None


@dataclass(frozen=True, slots=True)
class ConsumptionCost:
    """From so much consumption on."""

    start_value: Decimal
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True)
class SalesTariffEntry:
    """Seconds from the start of the schedule; no duration: until the next entry."""

    start: int
    duration: int | None = None
    price_level: int | None = None
    """0 is the cheapest."""
    consumption_costs: tuple[ConsumptionCost, ...] = ()


@dataclass(frozen=True, slots=True)
class SalesTariff:
    id: int
    entries: tuple[SalesTariffEntry, ...]
    description: str | None = None
    price_levels: int | None = None
