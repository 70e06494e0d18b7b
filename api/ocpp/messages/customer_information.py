"""CustomerInformation: have a station tell or clear what it has stored about a customer (2.0.1 N09, N10).

Typed payload: `requestId`, `report`, `clear`, and one of `idToken` with `idTokenType`, `customerCertificate` as in 2.x,
`customerIdentifier`.
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.customer_information import CustomerInformationBook, CustomerReference, digest
from domain.values import IdToken


@sent("CustomerInformation", "2.0.1")
def customer_information(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload = {name: typed[name] for name in ("requestId", "report", "clear")}
    if "idToken" in typed:
        payload["idToken"] = {"idToken": typed["idToken"], "type": typed["idTokenType"]}
    payload |= {name: typed[name] for name in ("customerCertificate", "customerIdentifier") if name in typed}
    return "CustomerInformation", payload


@answered("CustomerInformation", "2.0.1")
async def request_answered(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    request_id, named = wire.reference(request["requestId"]), _customer(request)
    if request_id is None or named is None:
        return
    reference, customer, id_token = named
    book = await session.book(CustomerInformationBook)
    book.trigger_event(
        CustomerInformationBook.RequestAnswered,
        request_id=request_id,
        report=request["report"],
        clear=request["clear"],
        outcome=response["status"],
        reference=reference,
        customer=customer,
        id_token=id_token,
        timestamp=session.now,
    )


def _customer(request: dict[str, Any]) -> tuple[CustomerReference, str, IdToken | None] | None:
    """By what a customer is named, and the digest; None for a request that names nobody."""
    if (id_token := wire.id_token(request.get("idToken"))) is not None:
        return CustomerReference.ID_TOKEN, digest(CustomerReference.ID_TOKEN, id_token.value), id_token
    if hash := request.get("customerCertificate"):
        parts = (hash["issuerNameHash"], hash["issuerKeyHash"], hash["serialNumber"])
        return CustomerReference.CERTIFICATE, digest(CustomerReference.CERTIFICATE, *parts), None
    if identifier := request.get("customerIdentifier"):
        return CustomerReference.IDENTIFIER, digest(CustomerReference.IDENTIFIER, identifier), None
    return None
