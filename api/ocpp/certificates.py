"""Certificates on the wire: hash data, and what 1.6 calls the uses of 2.x."""

from __future__ import annotations

from typing import Any

from api.ocpp.pki import OcspRequest
from api.ocpp.schema import CallFailed
from domain.certificates import CertificateHash

_IN_16 = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}
_FROM_16 = {theirs: ours for ours, theirs in _IN_16.items()}


def use_in_16(certificate_type: str) -> str:
    """Raises CallFailed for what 1.6 has no certificates for."""
    if certificate_type not in _IN_16:
        raise CallFailed("NotSupported", f"OCPP 1.6 knows no {certificate_type}")
    return _IN_16[certificate_type]


def use_from_16(certificate_type: str) -> str:
    return _FROM_16[certificate_type]


def certificate_hash(data: dict[str, Any]) -> CertificateHash:
    return CertificateHash(data["hashAlgorithm"], data["issuerNameHash"], data["issuerKeyHash"], data["serialNumber"])


def ocsp_request(data: dict[str, Any]) -> OcspRequest:
    return OcspRequest(certificate_hash(data), data["responderURL"])
