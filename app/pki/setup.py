"""Makes of the settings what a node has for certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from cryptography import x509

from api.ocpp.pki import Pki
from app.pki.authority import FOR_CLIENTS, FOR_SERVERS, LocalAuthority
from app.pki.contracts import Contracts
from app.pki.door import Door
from app.pki.faults import UNREADABLE, Unusable
from app.pki.ocsp import PATIENCE, OcspClient
from app.pki.pool import ForwardedContracts
from app.settings import Settings
from domain.certificates import CHARGING_STATION_CERTIFICATE, V2G_CERTIFICATE


@asynccontextmanager
async def open_pki(settings: Settings) -> AsyncIterator[Pki]:
    """Raises Unusable, OSError for files that are not what they have to be."""
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        responder = OcspClient(Door(http, settings.ocsp_hosts_inside))
        known = _certificates(settings.mo_certificates) if settings.mo_certificates else []
        pool = None
        if settings.contract_pool_url is not None:
            pool = ForwardedContracts(http, settings.contract_pool_url, settings.contract_pool_key)
        yield Pki(_authorities(settings), responder, Contracts(responder, known), pool)


def _authorities(settings: Settings) -> dict[str, LocalAuthority]:
    lifetime = timedelta(days=settings.ca_days)
    pairs = (
        (CHARGING_STATION_CERTIFICATE, settings.ca_certificate, settings.ca_key, FOR_CLIENTS),
        (V2G_CERTIFICATE, settings.v2g_ca_certificate, settings.v2g_ca_key, FOR_SERVERS),
    )
    return {
        use: LocalAuthority.load(certificate, key, purpose, lifetime)
        for use, certificate, key, purpose in pairs
        if certificate is not None and key is not None
    }


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except UNREADABLE:
        raise Unusable(f"{path} has no certificates in PEM") from None
