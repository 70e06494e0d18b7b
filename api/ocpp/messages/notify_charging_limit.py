"""NotifyChargingLimit: a limit was set from outside (2.0.1 K12). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyChargingLimit", "2.0.1")
