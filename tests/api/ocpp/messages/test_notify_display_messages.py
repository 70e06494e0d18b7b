from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "requestId": 7,
        "messageInfo": [{"id": 1, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Grüezi"}}],
    }
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "NotifyDisplayMessages", EXAMPLES[version]) == {}
