from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {"data": "nothing stored", "seqNo": 0, "generatedAt": "2026-11-20T12:00:00Z", "requestId": 7}
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "NotifyCustomerInformation", EXAMPLES[version]) == {}
