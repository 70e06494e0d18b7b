from tests.api.ocpp.said import said


def test_1_6_has_one_number_for_the_place() -> None:
    assert said("1.6", "UnlockConnector", {"evseId": 2, "connectorId": 1}) == ("UnlockConnector", {"connectorId": 2})


def test_2_0_1_names_evse_and_connector() -> None:
    payload = {"evseId": 2, "connectorId": 1}
    assert said("2.0.1", "UnlockConnector", payload) == ("UnlockConnector", payload)
