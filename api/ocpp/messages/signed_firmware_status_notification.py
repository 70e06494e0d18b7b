"""SignedFirmwareStatusNotification: how far a signed update is (1.6 security extension, L01). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("SignedFirmwareStatusNotification", "1.6")
