"""RequestStopTransaction, in 1.6 RemoteStopTransaction: end a transaction from afar (1.6 §5.12, 2.0.1 F03).

Typed payload: `transactionId`, as the station knows it.
"""

from typing import Any

from api.ocpp.registry import sent
from api.ocpp.schema import CallFailed


@sent("RequestStopTransaction", "1.6")
def remote_stop_transaction(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    try:
        return "RemoteStopTransaction", {"transactionId": int(typed["transactionId"])}
    except ValueError:
        raise CallFailed("PropertyConstraintViolation", "a 1.6 transaction id is an integer") from None


@sent("RequestStopTransaction", "2.0.1")
def request_stop_transaction(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "RequestStopTransaction", {"transactionId": typed["transactionId"]}
