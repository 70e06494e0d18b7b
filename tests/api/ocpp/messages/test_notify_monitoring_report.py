from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "requestId": 7,
        "seqNo": 0,
        "generatedAt": "2026-11-20T12:00:00Z",
        "monitor": [
            {
                "component": {"name": "EVSE", "evse": {"id": 1}},
                "variable": {"name": "Power"},
                "variableMonitoring": [
                    {"id": 1, "transaction": False, "value": 22000.0, "type": "UpperThreshold", "severity": 4}
                ],
            }
        ],
    }
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "NotifyMonitoringReport", EXAMPLES[version]) == {}
