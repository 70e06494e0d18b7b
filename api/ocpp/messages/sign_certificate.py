"""SignCertificate: a station asks for a certificate (2.0.1 A02, A03; in 1.6 the security extension).

Rejected: no certificate authority is configured.
"""

from api.ocpp.registry import acknowledged

acknowledged("SignCertificate", "1.6", "2.0.1", reply={"status": "Rejected"})
