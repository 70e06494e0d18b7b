from typing import Any

import pytest

from tests.api.ocpp.said import said


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
