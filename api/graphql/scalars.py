"""Scalars as the schema promises them: instants with a zone, decimals as plain text, JSON that can be stored."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

_MOST_DIGITS = 40
INT_MAX = 2**31 - 1


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise StrawberryInputCoercionError(f"{value!r} is not an ISO 8601 date and time") from None
    if instant.tzinfo is None:
        raise StrawberryInputCoercionError(f"{value!r} has no zone: add Z or an offset")
    return instant


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise StrawberryInputCoercionError(f"{value!r} is not a decimal number") from None
    if isinstance(value, bool) or not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise StrawberryInputCoercionError(f"{value!r} is not a decimal number of sensible size")
    return number


def _plain(value: Decimal) -> str:
    return format(value, "f")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="ISO 8601 with zone, such as `2026-11-20T08:00:00+00:00`.",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
    Decimal: strawberry.scalar(
        name="Decimal", description="A decimal number as text, exact.", serialize=_plain, parse_value=_decimal
    ),
}

__all__ = ["INT_MAX", "JSON", "SCALARS", "whole"]


def whole(value: int) -> int:
    """As GraphQL's Int, which has 32 bits: what is beyond shows as the last, so that an absurd row spoils no page."""
    return max(-INT_MAX, min(value, INT_MAX))
