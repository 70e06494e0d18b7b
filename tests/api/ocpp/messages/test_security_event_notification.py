from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "1.6": {"type": "SettingSystemTime", "timestamp": "2026-11-20T12:00:00Z"},
    "2.0.1": {"type": "SettingSystemTime", "timestamp": "2026-11-20T12:00:00Z", "techInfo": "+3 s"},
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "SecurityEventNotification", EXAMPLES[version]) == {}
