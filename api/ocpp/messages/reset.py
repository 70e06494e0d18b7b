"""Reset: restart a station (1.6 §5.14, 2.0.1 B11, B12). Typed payload: `type` Immediate or OnIdle, `evseId`? (2.x)."""

from typing import Any

from api.ocpp.registry import sent

_IN_16 = {"Immediate": "Hard", "OnIdle": "Soft"}


@sent("Reset", "1.6")
def reset_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "Reset", {"type": _IN_16[typed["type"]]}


@sent("Reset", "2.0.1")
def reset_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    evse = {"evseId": typed["evseId"]} if typed.get("evseId") else {}
    return "Reset", {"type": typed["type"], **evse}
