"""SignCertificate: a station asks for a certificate (2.0.1 A02, A03; in 1.6 the security extension).

Accepted if the request is readable. An authority for certificates of the type signs it at once, if it is as it has to
be; without one the operator has it signed. Either way the chain is sent with CertificateSigned.
"""

from datetime import timedelta
from typing import Any

from api.ocpp.pki import NotSigned
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.certificates import CHARGING_STATION_CERTIFICATE, CertificateBook, is_pem

_WHILE_IT_WAITS = timedelta(minutes=10)
"""A station that has waited longer asks again."""
_LONGEST_INFO = 512


@received("SignCertificate", "1.6")
async def sign_certificate_v16(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    return {"status": "Accepted" if await _why_not(session, request) is None else "Rejected"}


@received("SignCertificate", "2.0.1")
async def sign_certificate_v2(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    reason = await _why_not(session, request)
    if reason is None:
        return {"status": "Accepted"}
    info = {"reasonCode": "InvalidCSR", "additionalInfo": reason[:_LONGEST_INFO]}
    return {"status": "Rejected", "statusInfo": info}


async def _why_not(session: StationSession, request: dict[str, Any]) -> str | None:
    """What is wrong with a request, if anything."""
    use = request.get("certificateType", CHARGING_STATION_CERTIFICATE)
    chain, reason = None, None
    try:
        chain = await _signed(session, request["csr"], use)
    except NotSigned as refusal:
        reason = str(refusal)
    book = await session.book(CertificateBook)
    book.trigger_event(
        CertificateBook.SigningRequested,
        csr=request["csr"],
        answer="Accepted" if reason is None else "Rejected",
        certificate_type=use,
        reason=reason,
        timestamp=session.now,
    )
    if chain is not None:
        said = {"certificateType": use} if "certificateType" in request else {}
        session.ask("CertificateSigned", {"certificateChain": chain, **said}, _WHILE_IT_WAITS)
    return reason


async def _signed(session: StationSession, csr: str, use: str) -> str | None:
    """The chain; None: the operator will see to it. Raises NotSigned."""
    if not is_pem(csr, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"):
        raise NotSigned("this is no request for a certificate in PEM")
    authority = session.node.pki.authorities.get(use)
    return None if authority is None else await authority.sign(csr, session.station_id, session.now)
