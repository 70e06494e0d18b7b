"""SignCertificate: a station asks for a certificate (2.0.1 A02, A03; in 1.6 the security extension).

Accepted if the request is readable: the operator has it signed, and sends the chain with CertificateSigned.
"""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.certificates import CHARGING_STATION_CERTIFICATE, CertificateBook, is_pem


@received("SignCertificate", "1.6", "2.0.1")
async def sign_certificate(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    csr = request["csr"]
    status = "Accepted" if is_pem(csr, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST") else "Rejected"
    book = await session.book(CertificateBook)
    book.trigger_event(
        CertificateBook.SigningRequested,
        csr=csr,
        answer=status,
        certificate_type=request.get("certificateType", CHARGING_STATION_CERTIFICATE),
        timestamp=session.now,
    )
    return {"status": status}
