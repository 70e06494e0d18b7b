"""Reports that come in parts, numbered from 0, in any order and now and then twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def complete(parts: Mapping[int, Any], last: int | None) -> bool:
    """Whether the part that says it is the last has come, and all before it."""
    return last is not None and all(number in parts for number in range(last + 1))
