"""A contract certificate pool over HTTP: what a car asks is posted as JSON, in the words of Get15118EVCertificate."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from binascii import Error

import httpx
import structlog

log = structlog.get_logger(__name__)

PATIENCE = 5.0
"""Seconds: a car waits no longer."""


class ForwardedContracts:
    """`url` and `key`, sent as a bearer token, are the operator's choice."""

    def __init__(self, http: httpx.AsyncClient, url: str, key: str | None) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def exchange(self, schema_version: str, action: str, exi_request: str) -> str | None:
        asked = {"iso15118SchemaVersion": schema_version, "action": action, "exiRequest": exi_request}
        try:
            async with asyncio.timeout(PATIENCE):
                response = await self._http.post(self._url, json=asked, headers=self._headers)
            told = response.raise_for_status().json()
            if not isinstance(told, dict) or told.get("status") != "Accepted":
                return None
            answer = told.get("exiResponse")
            return answer if isinstance(answer, str) and b64decode(answer, validate=True) else None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, Error) as error:
            log.warning("pki.pool_failed", error=repr(error))
            return None
