"""GetCertificateStatus: a station wants an OCSP answer (2.0.1 M06). No OCSP responder is configured."""

from api.ocpp.registry import acknowledged

acknowledged("GetCertificateStatus", "2.0.1", reply={"status": "Failed"})
