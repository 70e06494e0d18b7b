"""ClearCache: forget which tokens were accepted before (1.6 §5.4, 2.0.1 C11). Typed payload: nothing."""

from typing import Any

from api.ocpp.registry import sent


@sent("ClearCache", "1.6", "2.0.1")
def clear_cache(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ClearCache", {}
