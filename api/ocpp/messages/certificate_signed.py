"""CertificateSigned: the certificate that a station has asked for (2.0.1 A02, A03; in 1.6 the security extension).

Typed payload: `certificateChain` PEM, the leaf first, `certificateType`? ChargingStationCertificate or V2GCertificate.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from domain.certificates import CHARGING_STATION_CERTIFICATE, CertificateBook


@sent("CertificateSigned", "1.6")
def certificate_signed_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if typed.get("certificateType", CHARGING_STATION_CERTIFICATE) != CHARGING_STATION_CERTIFICATE:
        raise CallFailed("NotSupported", f"OCPP 1.6 knows no {typed['certificateType']}")
    return "CertificateSigned", {"certificateChain": typed["certificateChain"]}


@sent("CertificateSigned", "2.0.1")
def certificate_signed_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    use = {"certificateType": typed["certificateType"]} if typed.get("certificateType") else {}
    return "CertificateSigned", {"certificateChain": typed["certificateChain"], **use}


@answered("CertificateSigned", "1.6", "2.0.1")
async def chain_sent(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(CertificateBook)
    book.trigger_event(
        CertificateBook.ChainSent,
        certificate_chain=request["certificateChain"],
        outcome=response["status"],
        certificate_type=request.get("certificateType", CHARGING_STATION_CERTIFICATE),
        timestamp=session.now,
    )
