"""PublishFirmwareStatusNotification: how far a publishing of firmware is (2.0.1 L03). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("PublishFirmwareStatusNotification", "2.0.1")
