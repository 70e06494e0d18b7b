"""NotifyDisplayMessages: the messages a station has to display (2.0.1 O03, O04). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyDisplayMessages", "2.0.1")
