"""NotifyMonitoringReport: the monitors a station has, part by part (2.0.1 N02). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyMonitoringReport", "2.0.1")
