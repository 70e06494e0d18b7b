import pytest

from api.ocpp.schema import CallFailed
from tests.api.ocpp.said import said


def test_1_6_knows_transactions_by_number() -> None:
    stop = said("1.6", "RequestStopTransaction", {"transactionId": "42"})
    assert stop == ("RemoteStopTransaction", {"transactionId": 42})


@pytest.mark.parametrize("transaction_id", ["T-1", "", "-1@2026-11-20T12:00:00.000Z"])
def test_1_6_cannot_say_another_name(transaction_id: str) -> None:
    with pytest.raises(CallFailed, match="integer"):
        said("1.6", "RequestStopTransaction", {"transactionId": transaction_id})


def test_2_0_1_knows_transactions_by_the_name_they_gave_them() -> None:
    stop = said("2.0.1", "RequestStopTransaction", {"transactionId": "T-1"})
    assert stop == ("RequestStopTransaction", {"transactionId": "T-1"})
