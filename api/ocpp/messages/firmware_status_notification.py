"""FirmwareStatusNotification: how far an update of the firmware is (1.6 §4.5, 2.0.1 L01, L02). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("FirmwareStatusNotification", "1.6", "2.0.1")
