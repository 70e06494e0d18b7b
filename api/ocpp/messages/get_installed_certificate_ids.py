"""GetInstalledCertificateIds: which certificates a station has (2.0.1 M03; in 1.6 the security extension).

Typed payload: `certificateTypes`, a list as in 2.x; an empty one asks for all, which 1.6 cannot.
"""

from typing import Any

from api.ocpp.certificates import certificate_hash, use_from_16, use_in_16
from api.ocpp.registry import answered, sent
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from domain.certificates import CertificateBook, InstalledCertificate


@sent("GetInstalledCertificateIds", "1.6")
def get_installed_certificate_ids_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if len(typed["certificateTypes"]) != 1:
        raise CallFailed("NotSupported", "OCPP 1.6 asks for certificates of one type at a time")
    return "GetInstalledCertificateIds", {"certificateType": use_in_16(typed["certificateTypes"][0])}


@sent("GetInstalledCertificateIds", "2.0.1")
def get_installed_certificate_ids_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    types = {"certificateType": typed["certificateTypes"]} if typed["certificateTypes"] else {}
    return "GetInstalledCertificateIds", types


@answered("GetInstalledCertificateIds", "1.6")
async def reported_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    use = use_from_16(request["certificateType"])
    hashes = [certificate_hash(data) for data in response.get("certificateHashData", ())]
    await _note(session, (use,), tuple(InstalledCertificate(use, found) for found in hashes))


@answered("GetInstalledCertificateIds", "2.0.1")
async def reported_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    found = tuple(
        InstalledCertificate(
            chain["certificateType"],
            certificate_hash(chain["certificateHashData"]),
            tuple(certificate_hash(child) for child in chain.get("childCertificateHashData", ())),
        )
        for chain in response.get("certificateHashDataChain", ())
    )
    await _note(session, tuple(request.get("certificateType", ())), found)


async def _note(
    session: StationSession, types: tuple[str, ...], certificates: tuple[InstalledCertificate, ...]
) -> None:
    book = await session.book(CertificateBook)
    book.trigger_event(CertificateBook.Reported, types=types, certificates=certificates, timestamp=session.now)
