from collections.abc import Awaitable, Callable
from typing import Any

import pytest

EXAMPLES: dict[str, dict[str, Any]] = {"2.0.1": {"reservationId": 3, "reservationUpdateStatus": "Expired"}}


@pytest.mark.parametrize("version", EXAMPLES)
async def test_it_is_kept_and_acknowledged(version: str, kept: Callable[..., Awaitable[Any]]) -> None:
    assert await kept(version, "ReservationStatusUpdate", EXAMPLES[version]) == {}
