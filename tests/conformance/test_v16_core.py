"""OCPP 1.6 Core: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.conftest import BOOT_16
from tests.conformance.tool import Tool, moment

_TRANSACTIONS = """query($now: String, $station: ID!) {
    transactions(first: 10, filter: {stationId: $station}, atLeastPosition: $now) { nodes {
        transactionId state evseId idToken authorizationStatus startedAt endedAt stoppedReason energyWh
        chargeDetailRecord { id }
    } }
}"""
_STATION = """query($now: String, $station: ID!) {
    station(id: $station, atLeastPosition: $now) {
        online vendor registrationStatus lastSeenAt evses { id connectors { id status errorCode } }
    }
}"""


async def transactions(tool: Tool) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await tool.api.seen(_TRANSACTIONS, station=tool.id))["transactions"]["nodes"]
    return nodes


async def the_transaction(tool: Tool) -> dict[str, Any]:
    [transaction] = await transactions(tool)
    return transaction


async def connector_status(tool: Tool, connector_id: int = 1) -> dict[str, Any]:
    evses = (await tool.api.seen(_STATION, station=tool.id))["station"]["evses"]
    [found] = [evse["connectors"][0] for evse in evses if evse["id"] == connector_id]
    return {"status": found["status"], "errorCode": found["errorCode"]}


async def reports(tool: Tool, status: str, connector_id: int = 1, error_code: str = "NoError") -> None:
    said = {"connectorId": connector_id, "status": status, "errorCode": error_code, "timestamp": moment()}
    assert await tool.call("StatusNotification", **said) == {}


async def authorizes(tool: Tool, tag: str) -> None:
    assert (await tool.call("Authorize", idTag=tag))["idTagInfo"]["status"] == "Accepted"


async def starts(tool: Tool, tag: str, minutes: float = 0) -> int:
    """An accepted StartTransaction on connector 1; the number that it was given."""
    answer = await tool.call("StartTransaction", connectorId=1, idTag=tag, meterStart=1000, timestamp=moment(minutes))
    assert answer["idTagInfo"]["status"] == "Accepted"
    number: int = answer["transactionId"]
    assert number > 0
    return number


async def stops(tool: Tool, number: int, minutes: float = 0, **more: Any) -> dict[str, Any]:
    said = {"transactionId": number, "meterStop": 3500, "timestamp": moment(minutes)} | more
    return await tool.call("StopTransaction", **said)


async def charges(tool: Tool, tag: str) -> int:
    """The whole way to a running session, plug first; the transaction's number."""
    await reports(tool, "Preparing")
    await authorizes(tool, tag)
    number = await starts(tool, tag)
    await reports(tool, "Charging")
    return number


async def leaves(tool: Tool) -> None:
    await reports(tool, "Finishing")
    await reports(tool, "Available")


async def restarts(tool: Tool) -> None:
    """A reboot as the server sees it: the socket is lost, then there is a new one with a boot on it."""
    await tool.close()
    await tool.connect()
    answer = await tool.call("BootNotification", **BOOT_16)
    assert answer["status"] == "Accepted"
    assert answer["interval"] > 0
    for connector in (0, 1, 2):
        await reports(tool, "Available", connector)


async def test_tc_001_csms(tool: Tool) -> None:
    """Cold boot: accepted, and heartbeats and statuses are answered."""
    await restarts(tool)
    assert (await tool.call("Heartbeat"))["currentTime"].endswith("Z")
    station = (await tool.api.seen(_STATION, station=tool.id))["station"]
    assert (station["online"], station["vendor"], station["registrationStatus"]) == (True, "Tool", "ACCEPTED")
    assert [evse["connectors"][0]["status"] for evse in station["evses"]] == ["Available", "Available"]


async def test_tc_003_csms(tool: Tool, token: str) -> None:
    """A session, plug first."""
    number = await charges(tool, token)
    running = await the_transaction(tool)
    assert (running["transactionId"], running["state"]) == (str(number), "ACTIVE")
    assert (running["evseId"], running["idToken"], running["authorizationStatus"]) == (1, token, "Accepted")
    assert (await connector_status(tool))["status"] == "Charging"
    assert await stops(tool, number, idTag=token) == {"idTagInfo": {"status": "Accepted"}}
    await leaves(tool)
    ended = await the_transaction(tool)
    assert (ended["state"], ended["stoppedReason"], ended["energyWh"]) == ("ENDED", "Local", 2500)


async def test_tc_004_1_csms(tool: Tool, token: str) -> None:
    """A session, id first."""
    await authorizes(tool, token)
    await reports(tool, "Preparing")
    number = await starts(tool, token)
    await reports(tool, "Charging")
    await stops(tool, number, idTag=token, reason="Local")
    await leaves(tool)
    assert (await the_transaction(tool))["state"] == "ENDED"
    assert (await connector_status(tool))["status"] == "Available"


async def test_tc_004_2_csms(tool: Tool, token: str) -> None:
    """Id first, and no cable comes: nothing has begun, so nothing is billed."""
    await authorizes(tool, token)
    await reports(tool, "Preparing")
    await reports(tool, "Available")
    assert await transactions(tool) == []


async def test_tc_005_1_csms(tool: Tool, token: str) -> None:
    """The plug is pulled at the vehicle."""
    number = await charges(tool, token)
    await reports(tool, "SuspendedEV")
    assert await stops(tool, number, reason="EVDisconnected") == {}
    await leaves(tool)
    assert (await the_transaction(tool))["stoppedReason"] == "EVDisconnected"


async def test_tc_007_csms(tool: Tool, token: str) -> None:
    """A start on the station's own word, from its cache: verified all the same."""
    await reports(tool, "Preparing")
    number = await starts(tool, token)
    assert (await the_transaction(tool))["transactionId"] == str(number)


async def test_tc_010_csms(tool: Tool, token: str) -> None:
    """Remote start with the cable in."""
    await reports(tool, "Preparing")
    heard, command = await tool.asked(
        "remoteStart", "RemoteStartTransaction", {"status": "Accepted"}, idToken=token, evseId=1
    )
    assert heard == {"idTag": token, "connectorId": 1}
    assert command["status"] == "ACCEPTED"
    await authorizes(tool, token)
    number = await starts(tool, token)
    await reports(tool, "Charging")
    assert (await the_transaction(tool))["transactionId"] == str(number)


async def test_tc_011_1_csms(tool: Tool, token: str) -> None:
    """Remote start before the cable is in, without naming a connector."""
    heard, command = await tool.asked("remoteStart", "RemoteStartTransaction", {"status": "Accepted"}, idToken=token)
    assert heard == {"idTag": token}
    assert command["status"] == "ACCEPTED"
    await authorizes(tool, token)
    await reports(tool, "Preparing")
    await starts(tool, token)
    assert (await the_transaction(tool))["state"] == "ACTIVE"


async def test_tc_011_2_csms(tool: Tool, token: str) -> None:
    """Remote start, and no cable comes: the command was accepted, but there is no transaction."""
    _, command = await tool.asked(
        "remoteStart", "RemoteStartTransaction", {"status": "Accepted"}, idToken=token, evseId=1
    )
    assert command["status"] == "ACCEPTED"
    await authorizes(tool, token)
    await reports(tool, "Preparing")
    await reports(tool, "Available")
    assert await transactions(tool) == []


async def test_tc_012_csms(tool: Tool, token: str) -> None:
    """Remote stop, with the number that the transaction was given."""
    number = await charges(tool, token)
    heard, command = await tool.asked(
        "remoteStop", "RemoteStopTransaction", {"status": "Accepted"}, transactionId=str(number)
    )
    assert heard == {"transactionId": number}
    assert command["status"] == "ACCEPTED"
    await stops(tool, number, reason="Remote")
    await leaves(tool)
    assert (await the_transaction(tool))["stoppedReason"] == "Remote"


async def test_tc_013_csms(tool: Tool) -> None:
    """Hard reset without a transaction."""
    heard, command = await tool.asked("reset", "Reset", {"status": "Accepted"}, type="IMMEDIATE")
    assert heard == {"type": "Hard"}
    assert command["status"] == "ACCEPTED"
    await restarts(tool)


async def test_tc_014_csms(tool: Tool) -> None:
    """Soft reset without a transaction."""
    heard, command = await tool.asked("reset", "Reset", {"status": "Accepted"}, type="ON_IDLE")
    assert heard == {"type": "Soft"}
    assert command["status"] == "ACCEPTED"
    await restarts(tool)


async def unlocks(tool: Tool, answer: str, evse_id: int = 1) -> str:
    """The status of an UnlockConnector that the station answers so."""
    heard, command = await tool.asked("unlockConnector", "UnlockConnector", {"status": answer}, evseId=evse_id)
    assert heard == {"connectorId": evse_id}
    assert command["response"] == {"status": answer}
    status: str = command["status"]
    return status


async def test_tc_017_1_csms(tool: Tool) -> None:
    """A plug is released while nobody charges."""
    assert await unlocks(tool, "Unlocked") == "ACCEPTED"


async def test_tc_017_2_csms(tool: Tool) -> None:
    """A plug is to be released that is on a fixed cable."""
    assert await unlocks(tool, "NotSupported") == "REJECTED"


async def test_tc_018_1_csms(tool: Tool, token: str) -> None:
    """A plug is released in a session, which ends it."""
    number = await charges(tool, token)
    assert await unlocks(tool, "Unlocked") == "ACCEPTED"
    await stops(tool, number, reason="UnlockCommand")
    await leaves(tool)
    assert (await the_transaction(tool))["stoppedReason"] == "UnlockCommand"


async def test_tc_023_1_csms(tool: Tool) -> None:
    """A tag that nobody has entered."""
    assert await tool.call("Authorize", idTag="NOBODY") == {"idTagInfo": {"status": "Invalid"}}


async def test_tc_023_2_csms(tool: Tool, token: str) -> None:
    """A tag whose time is over."""
    await tool.api.well("setIdToken", idToken=token, status="Accepted", expiresAt=moment(-1))
    assert (await tool.call("Authorize", idTag=token))["idTagInfo"]["status"] == "Expired"


async def test_tc_023_3_csms(tool: Tool, token: str) -> None:
    """A tag that is blocked."""
    await tool.api.well("setIdToken", idToken=token, status="Blocked")
    assert (await tool.call("Authorize", idTag=token))["idTagInfo"]["status"] == "Blocked"


async def test_tc_024_csms(tool: Tool, token: str) -> None:
    """The lock of the connector fails when a session is to begin."""
    await authorizes(tool, token)
    await reports(tool, "Preparing")
    await reports(tool, "Faulted", error_code="ConnectorLockFailure")
    assert await connector_status(tool) == {"status": "Faulted", "errorCode": "ConnectorLockFailure"}
    assert await transactions(tool) == []


async def test_tc_026_csms(tool: Tool, token: str) -> None:
    """Remote start that the station rejects."""
    heard, command = await tool.asked(
        "remoteStart", "RemoteStartTransaction", {"status": "Rejected"}, idToken=token, evseId=1
    )
    assert heard == {"idTag": token, "connectorId": 1}
    assert command["status"] == "REJECTED"


async def test_tc_028_csms(tool: Tool, token: str) -> None:
    """Remote stop that the station rejects: the transaction goes on."""
    number = await charges(tool, token)
    _, command = await tool.asked(
        "remoteStop", "RemoteStopTransaction", {"status": "Rejected"}, transactionId=str(number)
    )
    assert command["status"] == "REJECTED"
    assert (await the_transaction(tool))["state"] == "ACTIVE"


async def test_tc_030_csms(tool: Tool) -> None:
    """The plug does not come loose."""
    assert await unlocks(tool, "UnlockFailed") == "REJECTED"


async def test_tc_031_csms(tool: Tool) -> None:
    """A plug that the station has not: the operator may ask for it all the same."""
    assert await unlocks(tool, "NotSupported", evse_id=3) == "REJECTED"


async def test_tc_032_1_csms(tool: Tool, token: str) -> None:
    """Power is lost in a session: after the boot, the station ends what was running before."""
    number = await charges(tool, token)
    await restarts(tool)
    assert (await the_transaction(tool))["state"] == "ACTIVE", "a boot ends nothing"
    assert await stops(tool, number, reason="PowerLoss") == {}
    ended = await the_transaction(tool)
    assert (ended["transactionId"], ended["state"], ended["stoppedReason"]) == (str(number), "ENDED", "PowerLoss")


async def test_tc_037_1_csms(tool: Tool, token: str) -> None:
    """A session begins offline with a good tag; its start comes late."""
    await tool.close()
    await tool.connect()
    number = await starts(tool, token, minutes=-20)
    await reports(tool, "Charging")
    running = await the_transaction(tool)
    assert (running["transactionId"], running["state"]) == (str(number), "ACTIVE")


async def test_tc_037_3_csms(tool: Tool) -> None:
    """A session begins offline with a bad tag: refused, and still it has a number to be ended by."""
    await tool.close()
    await tool.connect()
    late = {"connectorId": 1, "idTag": "NOBODY", "meterStart": 1000, "timestamp": moment(-20)}
    answer = await tool.call("StartTransaction", **late)
    assert answer["idTagInfo"] == {"status": "Invalid"}
    assert answer["transactionId"] > 0
    assert await stops(tool, answer["transactionId"], reason="DeAuthorized") == {}
    ended = await the_transaction(tool)
    assert (ended["state"], ended["stoppedReason"]) == ("ENDED", "DeAuthorized")
    assert ended["authorizationStatus"] == "Invalid"


async def test_tc_039_csms(tool: Tool, token: str) -> None:
    """A whole session was offline: both ends come late, and its times are the station's."""
    await tool.close()
    await tool.connect()
    number = await starts(tool, token, minutes=-60)
    await stops(tool, number, minutes=-30, idTag=token)
    ended = await the_transaction(tool)
    assert (ended["state"], ended["energyWh"]) == ("ENDED", 2500)
    assert ended["startedAt"] < ended["endedAt"] < moment(-20)


async def test_tc_064_csms(tool: Tool) -> None:
    """A vendor's message that nobody here knows."""
    answer = await tool.call("DataTransfer", vendorId="org.nobody", messageId="1", data="x")
    assert answer["status"] in {"Rejected", "UnknownMessageId", "UnknownVendorId"}


_CONFIGURATION = """query($now: String, $station: ID!) {
    configuration(stationId: $station, atLeastPosition: $now) {
        variable desired confirmed drift readOnly unknown outcome
    }
}"""


async def settings(tool: Tool) -> dict[str, dict[str, Any]]:
    """What the operator sees of the station's configuration, by key."""
    entries = (await tool.api.seen(_CONFIGURATION, station=tool.id))["configuration"]
    return {entry.pop("variable"): entry for entry in entries}


async def changes(tool: Tool, value: str, answer: str) -> tuple[str, dict[str, Any]]:
    """MeterValueSampleInterval is to be changed; the status of the command, and what the operator sees of the key."""
    heard, command = await tool.asked(
        "changeConfiguration",
        "ChangeConfiguration",
        {"status": answer},
        variables=[{"variable": "MeterValueSampleInterval", "value": value}],
    )
    assert heard == {"key": "MeterValueSampleInterval", "value": value}
    return command["status"], (await settings(tool))["MeterValueSampleInterval"]


async def test_tc_061_csms(tool: Tool) -> None:
    """The cache is to be cleared."""
    heard, command = await tool.asked("clearCache", "ClearCache", {"status": "Accepted"})
    assert heard == {}
    assert command["status"] == "ACCEPTED"


async def test_tc_019_1_csms(tool: Tool) -> None:
    """All settings are asked for and shown, with what may be done to them."""
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    heard, command = await tool.asked("getConfiguration", "GetConfiguration", {"configurationKey": keys})
    assert heard.get("key", []) == []
    assert command["status"] == "ACCEPTED"
    shown = await settings(tool)
    assert {key: (entry["confirmed"], entry["readOnly"]) for key, entry in shown.items()} == {
        "HeartbeatInterval": ("60", False),
        "NumberOfConnectors": ("2", True),
    }


async def test_tc_019_2_csms(tool: Tool) -> None:
    """One setting is asked for and shown."""
    key = {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,RemoteTrigger"}
    heard, _ = await tool.asked(
        "getConfiguration",
        "GetConfiguration",
        {"configurationKey": [key]},
        variables=[{"variable": "SupportedFeatureProfiles"}],
    )
    assert heard == {"key": ["SupportedFeatureProfiles"]}
    assert (await settings(tool))["SupportedFeatureProfiles"]["confirmed"] == "Core,RemoteTrigger"


async def test_tc_021_csms(tool: Tool) -> None:
    """A setting is changed."""
    status, shown = await changes(tool, "60", "Accepted")
    assert status == "ACCEPTED"
    assert (shown["desired"], shown["confirmed"], shown["drift"]) == ("60", "60", False)


async def test_tc_040_1_csms(tool: Tool) -> None:
    """A setting is to be changed that the station has not."""
    status, shown = await changes(tool, "60", "NotSupported")
    assert status == "REJECTED"
    assert (shown["outcome"], shown["confirmed"], shown["drift"]) == ("NOT_SUPPORTED", None, True)


async def test_tc_040_2_csms(tool: Tool) -> None:
    """A setting is to have a value that makes no sense: the operator may, and the station rejects it."""
    status, shown = await changes(tool, "-1", "Rejected")
    assert status == "REJECTED"
    assert (shown["outcome"], shown["desired"], shown["drift"]) == ("REJECTED", "-1", True)


async def test_a_change_of_availability_is_shown_with_its_outcome(tool: Tool) -> None:
    """No case of its own; TC_048_3 builds on it."""
    heard, command = await tool.asked(
        "changeAvailability", "ChangeAvailability", {"status": "Scheduled"}, operative=False, evseId=1
    )
    assert heard == {"connectorId": 1, "type": "Inoperative"}
    assert command["status"] == "ACCEPTED"
    query = """query($now: String, $station: ID!) {
        availabilityWishes(stationId: $station, atLeastPosition: $now) { evseId connectorId operative outcome }
    }"""
    shown = (await tool.api.seen(query, station=tool.id))["availabilityWishes"]
    assert shown == [{"evseId": 1, "connectorId": 1, "operative": False, "outcome": "SCHEDULED"}]


async def test_a_vendors_message_goes_out_and_its_answer_is_shown(tool: Tool) -> None:
    answer = {"status": "Accepted", "data": "ok"}
    heard, command = await tool.asked(
        "sendDataTransfer", "DataTransfer", answer, vendorId="org.nobody", messageId="1", data="x"
    )
    assert heard == {"vendorId": "org.nobody", "messageId": "1", "data": "x"}
    assert (command["status"], command["response"]) == ("ACCEPTED", answer)
