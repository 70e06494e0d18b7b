from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "chargingLimit": {"chargingLimitSource": "SO"},
        "evseId": 1,
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
        ],
    }
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "NotifyChargingLimit", EXAMPLES[version]) == {}
