from __future__ import annotations

from typing import Any

import pytest

from domain.customer_information import CustomerInformationBook, CustomerReference
from domain.values import IdToken
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

ASKED = {"requestId": 7, "report": True, "clear": False}
CERTIFICATE = {"hashAlgorithm": "SHA256", "issuerNameHash": "AA", "issuerKeyHash": "BB", "serialNumber": "FFF"}
TOKEN = {"idToken": {"idToken": "A", "type": "eMAID"}}
WAYS: list[tuple[dict[str, Any], dict[str, Any], CustomerReference]] = [
    ({"idToken": "A", "idTokenType": "eMAID"}, TOKEN, CustomerReference.ID_TOKEN),
    ({"customerCertificate": CERTIFICATE}, {"customerCertificate": CERTIFICATE}, CustomerReference.CERTIFICATE),
    ({"customerIdentifier": "me"}, {"customerIdentifier": "me"}, CustomerReference.IDENTIFIER),
]


@pytest.mark.parametrize(("typed", "expected", "_"), WAYS)
def test_a_customer_is_named_in_one_of_three_ways(typed: dict[str, Any], expected: dict[str, Any], _: Any) -> None:
    assert said("2.0.1", "CustomerInformation", ASKED | typed) == ("CustomerInformation", ASKED | expected)


async def answered(line: Line, named: dict[str, Any], **more: Any) -> CustomerInformationBook.RequestAnswered:
    [event] = await noted(line, "CustomerInformation", ASKED | named | more, {"status": "Invalid"})
    assert isinstance(event, CustomerInformationBook.RequestAnswered)
    return event


@pytest.mark.parametrize(("_", "named", "reference"), WAYS)
async def test_what_was_asked_for_is_noted_with_the_outcome(
    v201: Line, _: Any, named: dict[str, Any], reference: CustomerReference
) -> None:
    event = await answered(v201, named, clear=True)
    assert (event.request_id, event.report, event.clear, event.outcome) == (7, True, True, "Invalid")
    assert event.reference is reference
    assert event.id_token == (IdToken("A", "eMAID") if named == TOKEN else None)


async def test_a_customer_is_known_again_and_is_not_named_in_the_event(v201: Line) -> None:
    once, again = {"customerIdentifier": "Jo.Doe"}, {"customerIdentifier": "JO.DOE"}
    other = {"customerIdentifier": "jane.doe"}
    events = [await answered(v201, named) for named in (once, again, other)]
    assert events[0].customer == events[1].customer != events[2].customer
    assert "doe" not in repr(events).casefold()


@pytest.mark.parametrize("request_", [ASKED, ASKED | TOKEN | {"requestId": 2**70}])
async def test_a_request_by_hand_that_names_nobody_or_no_number_is_not_noted(
    v201: Line, request_: dict[str, Any]
) -> None:
    assert await noted(v201, "CustomerInformation", request_, {"status": "Invalid"}) == []
