"""ReportChargingProfiles: the charging profiles a station has, part by part (2.0.1 K09). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("ReportChargingProfiles", "2.0.1")
