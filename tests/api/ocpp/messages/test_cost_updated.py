from __future__ import annotations

from tests.api.ocpp.said import said


def test_the_cost_is_said_as_a_number() -> None:
    typed = {"transactionId": "T-1", "totalCost": 1.19}
    assert said("2.0.1", "CostUpdated", typed) == ("CostUpdated", typed)
