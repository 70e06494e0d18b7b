"""Get15118EVCertificate: a car wants a contract certificate (2.0.1 M01, M02). No certificate provider is configured."""

from api.ocpp.registry import acknowledged

acknowledged("Get15118EVCertificate", "2.0.1", reply={"status": "Failed", "exiResponse": ""})
