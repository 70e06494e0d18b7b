"""CostUpdated: what a running transaction costs so far, for the driver to see (2.0.1 I02).

Typed payload: `transactionId`, `totalCost` with taxes, in the currency of the station.
"""

from typing import Any

from api.ocpp.registry import sent


@sent("CostUpdated", "2.0.1")
def cost_updated(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "CostUpdated", {"totalCost": typed["totalCost"], "transactionId": typed["transactionId"]}
