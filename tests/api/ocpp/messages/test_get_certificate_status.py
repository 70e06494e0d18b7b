from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "ocspRequestData": {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": "a1",
            "issuerKeyHash": "b2",
            "serialNumber": "c3",
            "responderURL": "https://ocsp.example.org",
        }
    }
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_answered_failed(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "GetCertificateStatus", EXAMPLES[version]) == {"status": "Failed"}
