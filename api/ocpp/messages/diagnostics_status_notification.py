"""DiagnosticsStatusNotification: how far an upload of diagnostics is (1.6 §4.4). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("DiagnosticsStatusNotification", "1.6")
