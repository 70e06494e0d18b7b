from typing import Any

import pytest

from tests.api.ocpp.said import said


@pytest.mark.parametrize(
    ("version", "message", "where", "expected"),
    [
        ("1.6", "Heartbeat", {}, {}),
        ("1.6", "StatusNotification", {"evseId": 2}, {"connectorId": 2}),
        ("2.0.1", "Heartbeat", {}, {}),
        ("2.0.1", "MeterValues", {"evseId": 2}, {"evse": {"id": 2}}),
        # F06.FR.12: for StatusNotification the connector has to be named
        ("2.0.1", "StatusNotification", {"evseId": 2}, {"evse": {"id": 2, "connectorId": 1}}),
        ("2.0.1", "StatusNotification", {"evseId": 2, "connectorId": 3}, {"evse": {"id": 2, "connectorId": 3}}),
    ],
)
def test_it_is_said_in_the_words_of_the_version(
    version: str, message: str, where: dict[str, Any], expected: dict[str, Any]
) -> None:
    typed = {"requestedMessage": message, **where}
    assert said(version, "TriggerMessage", typed) == ("TriggerMessage", {"requestedMessage": message, **expected})


@pytest.mark.parametrize(
    ("message", "name_in_16"),
    [
        ("LogStatusNotification", "LogStatusNotification"),
        ("SignChargingStationCertificate", "SignChargePointCertificate"),
    ],
)
def test_1_6_asks_for_what_is_in_its_security_extension_with_a_message_of_that(message: str, name_in_16: str) -> None:
    typed = {"requestedMessage": message}
    assert said("1.6", "TriggerMessage", typed) == ("ExtendedTriggerMessage", {"requestedMessage": name_in_16})
    assert said("2.0.1", "TriggerMessage", typed) == ("TriggerMessage", typed)
