"""What a server asks, a station does: the answer first, then the deed."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201

NAME = "SIM-0001"
START16 = call16.RemoteStartTransaction(id_tag="04AA", connector_id=2)
START201 = call201.RequestStartTransaction(
    id_token={"idToken": "04AA", "type": "Central"}, remote_start_id=7, evse_id=2
)


@pytest.fixture
async def six(csms: Any) -> Any:
    async with csms.fleet(version="1.6", sessions=0, speed=1200.0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[2:])
        yield csms


@pytest.fixture
async def two(csms: Any) -> Any:
    async with csms.fleet(version="2.0.1", sessions=0, speed=1200.0):
        await csms.until(lambda: csms.calls(NAME, "StatusNotification")[1:])
        yield csms


async def ask(csms: Any, command: Any) -> Any:
    return await csms.ask(NAME, command)


def states(csms: Any, connector: int, key: str = "connector_id", status: str = "status") -> list[str]:
    return [s[status] for s in csms.calls(NAME, "StatusNotification") if s[key] == connector]


async def test_16_starts_and_stops_remotely(six: Any) -> None:
    assert (await ask(six, START16)).status == "Accepted"
    assert (await ask(six, START16)).status == "Rejected", "taken"
    start = (await six.until(lambda: six.calls(NAME, "StartTransaction")))[0]
    assert (start["connector_id"], start["id_tag"]) == (2, "04AA")
    await six.until(lambda: six.calls(NAME, "MeterValues"))
    assert (await ask(six, call16.RemoteStopTransaction(transaction_id=99))).status == "Rejected"
    assert (await ask(six, call16.RemoteStopTransaction(transaction_id=1))).status == "Accepted"
    stop = (await six.until(lambda: six.calls(NAME, "StopTransaction")))[0]
    assert (stop["reason"], stop["transaction_id"], "id_tag" in stop) == ("Remote", 1, False)
    await six.until(lambda: states(six, 2)[-1] == "Available")
    assert states(six, 2)[-3:] == ["Charging", "Finishing", "Available"]


async def test_201_starts_and_stops_remotely(two: Any) -> None:
    assert (await ask(two, START201)).status == "Accepted"
    events = await two.until(lambda: two.calls(NAME, "TransactionEvent")[4:])
    events = two.calls(NAME, "TransactionEvent")
    assert (events[0]["event_type"], events[0]["trigger_reason"]) == ("Started", "RemoteStart")
    assert [e["transaction_info"].get("remote_start_id") for e in events][:3] == [7, None, None]
    assert events[0]["id_token"]["id_token"] == "04AA"
    assert events[0]["evse"] == {"id": 2, "connector_id": 1}
    id = events[0]["transaction_info"]["transaction_id"]
    status = await ask(two, call201.GetTransactionStatus(transaction_id=id))
    assert status.ongoing_indicator is True
    assert (await ask(two, call201.RequestStopTransaction(transaction_id="nobody"))).status == "Rejected"
    assert (await ask(two, call201.RequestStopTransaction(transaction_id=id))).status == "Accepted"
    last = (await two.until(lambda: [e for e in two.calls(NAME, "TransactionEvent") if e["event_type"] == "Ended"]))[0]
    assert (last["trigger_reason"], last["transaction_info"]["stopped_reason"]) == ("RemoteStop", "Remote")


async def test_a_soft_reset_ends_the_transaction_and_boots(six: Any) -> None:
    await ask(six, START16)
    await six.until(lambda: six.calls(NAME, "MeterValues"))
    assert (await ask(six, call16.Reset(type="Soft"))).status == "Accepted"
    await six.until(lambda: len(six.calls(NAME, "BootNotification")) == 2)
    heard = [action for action, _ in six.heard[NAME]]
    assert six.calls(NAME, "StopTransaction")[0]["reason"] == "SoftReset"
    assert heard.index("StopTransaction") < len(heard) - 1 - heard[::-1].index("BootNotification")


async def test_an_immediate_reset_ends_the_transaction_and_boots(two: Any) -> None:
    await ask(two, START201)
    await two.until(lambda: two.calls(NAME, "TransactionEvent")[4:])
    assert (await ask(two, call201.Reset(type="OnIdle"))).status == "Scheduled"
    assert (await ask(two, call201.Reset(type="Immediate"))).status == "Accepted"
    await two.until(lambda: len(two.calls(NAME, "BootNotification")) >= 2)
    ended = next(e for e in two.calls(NAME, "TransactionEvent") if e["event_type"] == "Ended")
    assert (ended["trigger_reason"], ended["transaction_info"]["stopped_reason"]) == ("ResetCommand", "ImmediateReset")


async def test_an_inoperative_connector_is_unavailable_and_starts_nothing(six: Any) -> None:
    off = call16.ChangeAvailability(connector_id=2, type="Inoperative")
    assert (await ask(six, off)).status == "Accepted"
    await six.until(lambda: states(six, 2)[-1] == "Unavailable")
    assert (await ask(six, START16)).status == "Rejected"
    assert (await ask(six, call16.ChangeAvailability(connector_id=0, type="Operative"))).status == "Accepted"
    await six.until(lambda: states(six, 2)[-1] == "Available")
    await six.until(lambda: len(states(six, 0)) == 2)


async def test_availability_is_scheduled_while_somebody_charges(two: Any) -> None:
    await ask(two, START201)
    id = (await two.until(lambda: two.calls(NAME, "TransactionEvent")))[0]["transaction_info"]["transaction_id"]
    off = call201.ChangeAvailability(operational_status="Inoperative", evse={"id": 2})
    assert (await ask(two, off)).status == "Scheduled"
    await ask(two, call201.RequestStopTransaction(transaction_id=id))
    await two.until(lambda: states(two, 2, "evse_id", "connector_status")[-1] == "Unavailable")


async def test_unlocking_ends_a_16_transaction_and_is_refused_in_201(six: Any) -> None:
    await ask(six, START16)
    await six.until(lambda: six.calls(NAME, "MeterValues"))
    assert (await ask(six, call16.UnlockConnector(connector_id=9))).status == "NotSupported"
    assert (await ask(six, call16.UnlockConnector(connector_id=2))).status == "Unlocked"
    assert (await six.until(lambda: six.calls(NAME, "StopTransaction")))[0]["reason"] == "UnlockCommand"


async def test_unlocking_an_authorised_evse_is_refused(two: Any) -> None:
    assert (await ask(two, call201.UnlockConnector(evse_id=1, connector_id=1))).status == "Unlocked"
    assert (await ask(two, call201.UnlockConnector(evse_id=1, connector_id=2))).status == "UnknownConnector"
    await ask(two, START201)
    await two.until(lambda: two.calls(NAME, "TransactionEvent"))
    locked = await ask(two, call201.UnlockConnector(evse_id=2, connector_id=1))
    assert locked.status == "OngoingAuthorizedTransaction"


async def test_16_configuration_is_read_and_changed(six: Any) -> None:
    everything = await ask(six, call16.GetConfiguration())
    assert len(everything.configuration_key) > 20
    change = call16.ChangeConfiguration
    assert (await ask(six, change("NumberOfConnectors", "9"))).status == "Rejected"
    assert (await ask(six, change("MeterValueSampleInterval", "often"))).status == "Rejected"
    assert (await ask(six, change("Colour", "red"))).status == "NotSupported"
    assert (await ask(six, change("metervaluesampleinterval", "30"))).status == "Accepted"
    asked = await ask(six, call16.GetConfiguration(key=["MeterValueSampleInterval", "Colour"]))
    assert asked.configuration_key == [{"key": "MeterValueSampleInterval", "readonly": False, "value": "30"}]
    assert asked.unknown_key == ["Colour"]


async def test_201_variables_are_read_and_changed(two: Any) -> None:
    def named(component: str, name: str, **value: Any) -> dict[str, Any]:
        return {"component": {"name": component}, "variable": {"name": name}, **value}

    wanted = [
        named("SampledDataCtrlr", "TxUpdatedInterval", attributeValue="30"),
        named("TxCtrlr", "TxStartPoint", attributeValue="Authorized"),
        named("TxCtrlr", "Colour", attributeValue="red"),
        named("Painter", "Colour", attributeValue="red"),
    ]
    changed = await ask(two, call201.SetVariables(set_variable_data=wanted))
    statuses = [result["attribute_status"] for result in changed.set_variable_result]
    assert statuses == ["Accepted", "Rejected", "UnknownVariable", "UnknownComponent"]
    evse = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
    asked = [named("SampledDataCtrlr", "TxUpdatedInterval"), named("SecurityCtrlr", "BasicAuthPassword"), evse]
    read = (await ask(two, call201.GetVariables(get_variable_data=asked))).get_variable_result
    assert [(r["attribute_status"], r.get("attribute_value")) for r in read] == [
        ("Accepted", "30"),
        ("Rejected", None),
        ("Accepted", "Available"),
    ]


async def test_an_inventory_comes_in_numbered_parts(two: Any) -> None:
    inventory = call201.GetBaseReport(request_id=5, report_base="FullInventory")
    assert (await ask(two, inventory)).status == "Accepted"
    await two.until(lambda: any(not part["tbc"] for part in two.calls(NAME, "NotifyReport")))
    parts = two.calls(NAME, "NotifyReport")
    assert [part["seq_no"] for part in parts] == list(range(len(parts)))
    assert {part["request_id"] for part in parts} == {5}
    components = {each["component"]["name"] for part in parts for each in part["report_data"]}
    assert {"ChargingStation", "EVSE", "Connector", "SampledDataCtrlr"} <= components


async def test_a_report_can_be_filtered_to_nothing(two: Any) -> None:
    filters = [{"component": {"name": "Painter"}}]
    asked = await ask(two, call201.GetReport(request_id=6, component_variable=filters))
    assert asked.status == "EmptyResultSet"


async def test_a_report_can_be_of_components_in_a_state(two: Any) -> None:
    asked = call201.GetReport(request_id=7, component_criteria=["Available"])
    assert (await ask(two, asked)).status == "Accepted"
    parts = await two.until(lambda: [p for p in two.calls(NAME, "NotifyReport") if p["request_id"] == 7])
    assert {each["component"]["name"] for part in parts for each in part["report_data"]} == {"EVSE"}
    asked = call201.GetReport(request_id=8, component_criteria=["Problem"])
    assert (await ask(two, asked)).status == "EmptyResultSet"


async def test_a_connection_profile_goes_into_a_slot_and_comes_first(two: Any) -> None:
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://csms.test",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    }

    async def prefers(slots: str) -> str:
        named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
        changed = await ask(two, call201.SetVariables(set_variable_data=[named | {"attributeValue": slots}]))
        return str(changed.set_variable_result[0]["attribute_status"])

    assert (await ask(two, call201.SetNetworkProfile(configuration_slot=1, connection_data=data))).status == "Accepted"
    assert (await ask(two, call201.SetNetworkProfile(configuration_slot=9, connection_data=data))).status == "Rejected"
    assert (await prefers("1,0"), await prefers("9")) == ("Accepted", "Rejected")


async def test_16_sends_what_is_triggered(six: Any) -> None:
    for message in ("Heartbeat", "MeterValues", "FirmwareStatusNotification", "DiagnosticsStatusNotification"):
        assert (await ask(six, call16.TriggerMessage(requested_message=message))).status == "Accepted"
        await six.until(lambda message=message: six.calls(NAME, message))
    assert (await ask(six, call16.TriggerMessage("BootNotification"))).status == "Rejected", "already accepted"
    assert (await ask(six, call16.TriggerMessage("Heartbeat", connector_id=7))).status == "Rejected"


async def test_201_sends_what_is_triggered(two: Any) -> None:
    for message in ("Heartbeat", "MeterValues", "FirmwareStatusNotification", "LogStatusNotification"):
        assert (await ask(two, call201.TriggerMessage(requested_message=message))).status == "Accepted"
        await two.until(lambda message=message: two.calls(NAME, message))
    refused = await ask(two, call201.TriggerMessage(requested_message="SignV2GCertificate"))
    assert refused.status == "NotImplemented"


async def test_the_rest_is_answered_too(six: Any) -> None:
    assert (await ask(six, call16.DataTransfer(vendor_id="acme"))).status == "UnknownVendorId"
    assert (await ask(six, call16.ClearCache())).status == "Accepted"
    assert (await ask(six, call16.GetLocalListVersion())).list_version == 0
    entries = [{"idTag": "04AA", "idTagInfo": {"status": "Accepted"}}]
    full = call16.SendLocalList(list_version=3, update_type="Full", local_authorization_list=entries)
    assert (await ask(six, full)).status == "Accepted"
    assert (
        await ask(six, call16.SendLocalList(list_version=3, update_type="Differential"))
    ).status == "VersionMismatch"
    assert (await ask(six, call16.CancelReservation(reservation_id=1))).status == "Rejected"
