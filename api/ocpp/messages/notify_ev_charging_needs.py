"""NotifyEVChargingNeeds: what a car wants (2.0.1 K15). Rejected: no schedule is computed here."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyEVChargingNeeds", "2.0.1", reply={"status": "Rejected"})
