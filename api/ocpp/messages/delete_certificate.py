"""DeleteCertificate: have a station forget a certificate (2.0.1 M04; in 1.6 the security extension).

Typed payload: `hashAlgorithm`, `issuerNameHash`, `issuerKeyHash`, `serialNumber`, as the station reported them.
"""

from typing import Any

from api.ocpp.certificates import certificate_hash
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.certificates import CertificateBook


@sent("DeleteCertificate", "1.6", "2.0.1")
def delete_certificate(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    names = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    return "DeleteCertificate", {"certificateHashData": {name: typed[name] for name in names}}


@answered("DeleteCertificate", "1.6", "2.0.1")
async def deletion_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(CertificateBook)
    book.trigger_event(
        CertificateBook.DeletionAnswered,
        hash=certificate_hash(request["certificateHashData"]),
        outcome=response["status"],
        timestamp=session.now,
    )
