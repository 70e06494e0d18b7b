"""InstallCertificate: give a station a root certificate (2.0.1 M05; in 1.6 the security extension).

Typed payload: `certificateType` as in 2.x, `certificate` PEM.
"""

from typing import Any

from api.ocpp.certificates import use_from_16, use_in_16
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.certificates import CertificateBook


@sent("InstallCertificate", "1.6")
def install_certificate_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    use = use_in_16(typed["certificateType"])
    return "InstallCertificate", {"certificateType": use, "certificate": typed["certificate"]}


@sent("InstallCertificate", "2.0.1")
def install_certificate_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "InstallCertificate", {
        "certificateType": typed["certificateType"],
        "certificate": typed["certificate"],
    }


@answered("InstallCertificate", "1.6")
async def installation_answered_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    use = use_from_16(request["certificateType"])
    await installation_answered(session, request | {"certificateType": use}, response)


@answered("InstallCertificate", "2.0.1")
async def installation_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(CertificateBook)
    book.trigger_event(
        CertificateBook.InstallationAnswered,
        certificate_type=request["certificateType"],
        certificate=request["certificate"],
        outcome=response["status"],
        timestamp=session.now,
    )
