"""ClearedChargingLimit: a limit set from outside is gone (2.0.1 K13). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("ClearedChargingLimit", "2.0.1")
