from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgCAA=="}
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_answered_failed(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "Get15118EVCertificate", EXAMPLES[version]) == {"status": "Failed", "exiResponse": ""}
