"""LogStatusNotification: how far an upload of a log is (2.0.1 N01; in 1.6 the security extension). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("LogStatusNotification", "1.6", "2.0.1")
