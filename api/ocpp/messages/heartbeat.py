"""Heartbeat: a sign of life, answered with the time (1.6 §4.6, 2.0.1 G02). Kept as received."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession


@received("Heartbeat", "1.6", "2.0.1")
async def heartbeat(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    return {"currentTime": wire.timestamp(session.now)}
