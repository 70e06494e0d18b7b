"""GetTransactionStatus: does a transaction go on, and does the station still have messages about it? (2.0.1 E14).

Typed payload: `transactionId`?; without it the question is about any messages of transactions.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.transaction_status import TransactionStatusBook


@sent("GetTransactionStatus", "2.0.1")
def get_transaction_status(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    transaction_id = typed.get("transactionId")
    return "GetTransactionStatus", {} if transaction_id is None else {"transactionId": transaction_id}


@answered("GetTransactionStatus", "2.0.1")
async def transaction_status(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(TransactionStatusBook)
    book.trigger_event(
        TransactionStatusBook.Reported,
        transaction_id=request.get("transactionId"),
        messages_in_queue=response["messagesInQueue"],
        ongoing=response.get("ongoingIndicator"),
        timestamp=session.now,
    )
