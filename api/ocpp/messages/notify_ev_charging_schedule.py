"""NotifyEVChargingSchedule: what a car plans (2.0.1 K15). Accepted approves nothing, it says that we have it."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyEVChargingSchedule", "2.0.1", reply={"status": "Accepted"})
