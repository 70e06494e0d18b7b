from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {
    "2.0.1": {
        "evseId": 1,
        "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "acChargingParameters": {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400},
        },
    }
}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_rejected(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "NotifyEVChargingNeeds", EXAMPLES[version]) == {"status": "Rejected"}
