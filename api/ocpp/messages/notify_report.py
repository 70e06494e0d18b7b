"""NotifyReport: a station's device model, part by part (2.0.1 B07, B08). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyReport", "2.0.1")
