from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "1.6": {"csr": "-----BEGIN CERTIFICATE REQUEST-----"},
    "2.0.1": {"csr": "-----BEGIN CERTIFICATE REQUEST-----", "certificateType": "ChargingStationCertificate"},
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_rejected(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "SignCertificate", EXAMPLES[version]) == {"status": "Rejected"}
