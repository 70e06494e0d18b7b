from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "1.6": {"status": "Downloading"},
    "2.0.1": {"status": "Downloading", "requestId": 7},
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "FirmwareStatusNotification", EXAMPLES[version]) == {}
