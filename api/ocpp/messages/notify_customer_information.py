"""NotifyCustomerInformation: what a station has stored about a customer, part by part (2.0.1 N09, N10)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.customer_information import CustomerInformationBook


@received("NotifyCustomerInformation", "2.0.1")
async def notify_customer_information(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    book = await session.book(CustomerInformationBook)
    book.trigger_event(
        CustomerInformationBook.Reported,
        request_id=wire.number_of(request["requestId"]),
        seq_no=wire.number_of(request["seqNo"]),
        data=request["data"],
        last=not request.get("tbc", False),
        generated_at=wire.instant(request["generatedAt"]),
        timestamp=session.now,
    )
    return {}
