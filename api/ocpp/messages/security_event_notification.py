"""SecurityEventNotification: something that touches security (2.0.1 A04; in 1.6 the extension). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("SecurityEventNotification", "1.6", "2.0.1")
