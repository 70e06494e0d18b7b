from typing import Any

import pytest

from domain.availability_wishes import AvailabilityBook
from domain.values import Evse
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said


@pytest.mark.parametrize(
    ("version", "where", "expected"),
    [
        ("1.6", {}, {"connectorId": 0, "type": "Inoperative"}),
        ("1.6", {"evseId": 2, "connectorId": 1}, {"connectorId": 2, "type": "Inoperative"}),
        ("2.0.1", {}, {"operationalStatus": "Inoperative"}),
        ("2.0.1", {"evseId": 2}, {"operationalStatus": "Inoperative", "evse": {"id": 2}}),
        (
            "2.0.1",
            {"evseId": 2, "connectorId": 1},
            {"operationalStatus": "Inoperative", "evse": {"id": 2, "connectorId": 1}},
        ),
    ],
)
def test_it_is_said_in_the_words_of_the_version(version: str, where: dict[str, Any], expected: dict[str, Any]) -> None:
    typed = {"operationalStatus": "Inoperative", **where}
    assert said(version, "ChangeAvailability", typed) == ("ChangeAvailability", expected)


@pytest.mark.parametrize("status", ["Accepted", "Rejected", "Scheduled"])
@pytest.mark.parametrize(("connector_id", "evse"), [(0, Evse(0)), (2, Evse(2, 1))])
async def test_in_1_6_the_outcome_is_noted(status: str, connector_id: int, evse: Evse, v16: Line) -> None:
    request = {"connectorId": connector_id, "type": "Inoperative"}
    [event] = await noted(v16, "ChangeAvailability", request, {"status": status})
    assert isinstance(event, AvailabilityBook.ChangeAnswered)
    assert (event.evse, event.operative, event.outcome) == (evse, False, status)


@pytest.mark.parametrize(
    ("where", "evse"),
    [({}, Evse(0)), ({"evse": {"id": 2}}, Evse(2)), ({"evse": {"id": 2, "connectorId": 3}}, Evse(2, 3))],
)
async def test_in_2_0_1_the_outcome_is_noted(where: dict[str, Any], evse: Evse, v201: Line) -> None:
    request = {"operationalStatus": "Operative", **where}
    [event] = await noted(v201, "ChangeAvailability", request, {"status": "Scheduled"})
    assert isinstance(event, AvailabilityBook.ChangeAnswered)
    assert (event.evse, event.operative, event.outcome) == (evse, True, "Scheduled")
