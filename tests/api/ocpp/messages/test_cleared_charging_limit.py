from typing import Any

from domain.charging_profiles import ChargingProfileBook
from tests.api.ocpp.line import Line

EXAMPLES: dict[str, dict[str, Any]] = {"2.0.1": {"chargingLimitSource": "EMS", "evseId": 1}}


async def test_it_is_noted_whose_limit_is_gone(v201: Line) -> None:
    assert await v201.call("ClearedChargingLimit", EXAMPLES["2.0.1"]) == {}
    assert await v201.call("ClearedChargingLimit", {"chargingLimitSource": "SO"}) == {}
    gone = [(event.source, event.evse_id) for event in v201.all(ChargingProfileBook.LimitCleared)]
    assert gone == [("EMS", 1), ("SO", None)]
